//! Drives the real window: WebDriver over one TCP connection a call, with WebKitWebDriver started beside it.
//!
//! A client of our own, because a crate's features would make the whole application build a second time for tests.

use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// The key under which the protocol names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const DRIVER: &str = "WebKitWebDriver";
const ANSWER_WITHIN: Duration = Duration::from_secs(90);
/// How long the application may take to stop what runs and to end.
const CLOSES_WITHIN: Duration = Duration::from_secs(60);

/// Keys without a letter, as the protocol writes them.
pub mod keys {
    pub const CONTROL: char = '\u{e009}';
    pub const SHIFT: char = '\u{e008}';
    pub const ESCAPE: char = '\u{e00c}';
    pub const ENTER: char = '\u{e007}';
    pub const END: char = '\u{e010}';
    pub const DOWN: char = '\u{e015}';
    pub const LEFT: char = '\u{e012}';
    pub const RIGHT: char = '\u{e014}';
}

/// Why no window can be driven here, if so.
pub fn missing() -> Option<String> {
    if env::var_os("DISPLAY").is_none() && env::var_os("WAYLAND_DISPLAY").is_none() {
        return Some("there is no display (run under xvfb-run)".into());
    }
    let found = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(DRIVER).is_file());
    (!found).then(|| format!("{DRIVER} is not installed (Debian: webkit2gtk-driver)"))
}

/// The application in its window, until dropped.
pub struct Window {
    driver: Child,
    port: u16,
    session: String,
}

impl Window {
    /// Starts the application with some environment of its own.
    pub fn open(application: &str, environment: &[(&str, &Path)]) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("its number").port();
        let driver = Command::new(DRIVER)
            .arg(format!("--port={port}"))
            .envs(environment.iter().copied())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver starts");
        let mut window = Self { driver, port, session: String::new() };
        window.until("the driver", Duration::from_secs(60), || TcpStream::connect(("127.0.0.1", port)).ok());
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "webkitgtk:browserOptions": { "binary": application, "args": [] },
            "timeouts": { "script": 60_000 },
        } } });
        let begun = window.call("POST", "/session", Some(&wanted)).expect("the application starts");
        window.session = begun["sessionId"].as_str().expect("a session").to_owned();
        window
    }

    /// Asks again and again until there is an answer.
    pub fn until<T>(&self, what: &str, within: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + within;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(Instant::now() < end, "waited {within:?} in vain for {what}; the window says:\n{}", self.words());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that the page says now, where there is one.
    fn words(&self) -> String {
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        let said = self.call("POST", &format!("/session/{}/execute/sync", self.session), Some(&script));
        said.ok().and_then(|said| said.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits for an element that fits a CSS selector.
    pub fn wait(&self, selector: &str) {
        self.element(selector);
    }

    /// Clicks an element. One that is drawn anew, moves or is covered at that moment is clicked again, as a hand would: the driver does not always tell.
    pub fn click(&self, selector: &str) {
        const PASSING: [&str; 3] = ["element not interactable", "element click intercepted", "stale element"];
        self.until(&format!("{selector} to click on"), Duration::from_secs(60), || {
            let element = self.element(selector);
            let listen = "window.clicked = false;
                arguments[0].addEventListener('click', () => { window.clicked = true }, { once: true, capture: true })";
            let listens = json!({ "script": listen, "args": [{ ELEMENT: &element }] });
            let clicked =
                self.call("POST", &format!("/session/{}/execute/sync", self.session), Some(&listens)).and_then(|_| {
                    self.call("POST", &format!("/session/{}/element/{element}/click", self.session), Some(&json!({})))
                });
            match clicked {
                // Where the page itself is another one, it was.
                Ok(_) => (self.script("return window.clicked ?? true", json!([])) == json!(true)).then_some(()),
                Err(error) if PASSING.iter().any(|passing| error.contains(passing)) => None,
                Err(error) => panic!("a click on {selector}: {error}"),
            }
        });
    }

    /// Presses keys together, the last one once; they go to whatever has the focus.
    pub fn press(&self, together: &[char]) {
        let down = together.iter().map(|key| json!({ "type": "keyDown", "value": key.to_string() }));
        let up = together.iter().rev().map(|key| json!({ "type": "keyUp", "value": key.to_string() }));
        let actions: Vec<_> = down.chain(up).collect();
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.session("POST", "actions", body);
    }

    /// Types text into a field.
    pub fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.session("POST", &format!("element/{element}/value"), json!({ "text": text }));
    }

    /// Runs a script in the page; `arguments` are its arguments.
    pub fn script(&self, script: &str, arguments: Value) -> Value {
        self.session("POST", "execute/sync", json!({ "script": script, "args": arguments }))
    }

    /// Runs a script that calls its last argument with the answer.
    pub fn script_later(&self, script: &str, arguments: Value) -> Value {
        self.session("POST", "execute/async", json!({ "script": script, "args": arguments }))
    }

    /// Calls a command as the page does.
    pub fn invoke(&self, command: &str, arguments: Value) -> Value {
        let script = "const [command, given, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, given).then((value) => done({ value }), (error) => done({ error: String(error) }))";
        let answer = self.script_later(script, json!([command, arguments]));
        assert!(answer.get("error").is_none(), "{command}: {}", answer["error"]);
        answer["value"].clone()
    }

    /// The text of the first element that fits, or nothing.
    pub fn text(&self, selector: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        self.script(script, json!([selector])).as_str().map(str::to_owned)
    }

    /// How many elements fit.
    pub fn count(&self, selector: &str) -> u64 {
        self.script("return document.querySelectorAll(arguments[0]).length", json!([selector])).as_u64().unwrap_or(0)
    }

    pub fn reload(&self) {
        self.session("POST", "refresh", json!({}));
    }

    /// Writes a picture of the window to a file.
    pub fn screenshot(&self, file: &Path) {
        let encoded = self.session("GET", "screenshot", Value::Null);
        let bytes = BASE64_STANDARD.decode(encoded.as_str().expect("a picture")).expect("base64");
        fs::write(file, bytes).expect("the screenshot can be written");
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let path = format!("/session/{}/element", self.session);
        self.until(selector, Duration::from_secs(60), || {
            let found = self.call("POST", &path, Some(&wanted)).ok()?;
            Some(found[ELEMENT].as_str()?.to_owned())
        })
    }

    fn session(&self, method: &str, path: &str, body: Value) -> Value {
        let body = (method == "POST").then_some(&body);
        let answer = self.call(method, &format!("/session/{}/{path}", self.session), body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let answer = exchange(self.port, method, path, body).map_err(|error| error.to_string())?;
        match answer["value"].get("error") {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let application = children(self.driver.id());
        // Closing the session closes the window as a person would; the driver is asked to end, not killed, so that it clears up.
        let closed = self.call("DELETE", &format!("/session/{}", self.session), None);
        // The window is gone at once, the application when what runs has stopped. A test that opens the library again must not come before that.
        let end = Instant::now() + CLOSES_WITHIN;
        while application.iter().any(|&process| is_alive(process)) && Instant::now() < end {
            thread::sleep(Duration::from_millis(50));
        }
        let left: Vec<_> = application.into_iter().filter(|&process| is_alive(process)).map(threads_of).collect();
        let _ = Command::new("kill").arg(self.driver.id().to_string()).status();
        let _ = self.driver.wait();
        assert!(
            left.is_empty() || thread::panicking(),
            "the application still runs, {CLOSES_WITHIN:?} after {closed:?}: {left:?}"
        );
    }
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Vec<u32> {
    let task = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    task.split_whitespace().filter_map(|process| process.parse().ok()).collect()
}

/// Whether a process runs; one that has ended and waits to be told apart does not.
fn is_alive(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// The names of a process's threads, each with what it waits for in the kernel.
fn threads_of(process: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().filter_map(Result::ok);
    let read = |thread: &fs::DirEntry, file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
    threads.map(|thread| format!("{} {}", read(&thread, "comm").trim(), read(&thread, "wchan"))).collect()
}

/// One request. The driver keeps connections open, so the length that it announces says where the answer ends.
fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<Value> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let end = head + 4 + length.unwrap_or(0);
            if answer.len() >= end {
                return serde_json::from_slice(&answer[head + 4..end]).map_err(Into::into);
            }
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => answer.extend_from_slice(&piece[..read]),
        }
    }
}
