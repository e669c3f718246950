//! Pictures for the page: `thumb://localhost/<scan>` and `scan://localhost/<scan>`, never as text through commands.

use std::fs;

use tauri::Manager;
use tauri::{
    UriSchemeContext, UriSchemeResponder, Wry,
    http::{Request, Response, StatusCode, header},
};

use crate::commands::Desk;

/// Which of a scan's two pictures.
#[derive(Clone, Copy)]
pub enum Picture {
    /// At most 512 px, for grids.
    Small,
    /// At most 2048 px, for the viewer.
    Large,
}

/// Answers a request for a picture, away from the window's thread.
pub fn serve(
    picture: Picture,
    context: &UriSchemeContext<'_, Wry>,
    request: &Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let desk = context.app_handle().state::<Desk>().inner().clone();
    let scan = request.uri().path().trim_start_matches('/').parse::<i64>();
    tauri::async_runtime::spawn(async move {
        let found = match scan {
            Ok(scan) => desk.work(move |bench| read(bench, picture, scan)).await.ok(),
            Err(_) => None,
        };
        responder.respond(response(found));
    });
}

fn read(bench: &vitrine_workbench::Workbench, picture: Picture, scan: i64) -> Result<Vec<u8>, String> {
    let path = match picture {
        Picture::Small => bench.thumbnail(scan),
        Picture::Large => bench.derivative(scan),
    };
    let path = path.map_err(|error| error.to_string())?;
    fs::read(&path).map_err(|cause| format!("{}: {cause}", path.display()))
}

fn response(found: Option<Vec<u8>>) -> Response<Vec<u8>> {
    let (status, kind, caching, body) = match found {
        // A scan's picture never changes: another original is another scan.
        Some(bytes) => (StatusCode::OK, "image/jpeg", "private, max-age=86400, immutable", bytes),
        None => (StatusCode::NOT_FOUND, "text/plain", "no-store", Vec::new()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(caching));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_found_and_not_kept() {
        let missing = response(None);
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert_eq!(missing.headers()[header::CACHE_CONTROL], "no-store");
        let there = response(Some(vec![1, 2]));
        assert_eq!((there.status(), there.body().len()), (StatusCode::OK, 2));
    }
}
