//! Pictures for the page: `thumb://localhost/<scan>`, `scan://localhost/<scan>` and its tiles `scan://localhost/<scan>/<gamut>/<level>/<x>_<y>`,
//! never as text through commands.

use std::fs;

use tauri::Manager;
use tauri::{
    UriSchemeContext, UriSchemeResponder, Wry,
    http::{Request, Response, StatusCode, header},
};

use crate::commands::Desk;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};
use vitrine_workbench::view::ScreenGamut;

/// What is asked for of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The picture as a whole.
    Whole,
    /// A tile of it.
    Tile { gamut: ScreenGamut, level: usize, x: u32, y: u32 },
}

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
    let wanted = asked(request.uri().path());
    tauri::async_runtime::spawn(async move {
        let found = match wanted {
            Some((scan, part)) => desk.work(move |bench| read(bench, picture, scan, part)).await.ok(),
            None => None,
        };
        responder.respond(response(found));
    });
}

/// `/12`, or `/12/srgb/0/3_4` for a tile.
fn asked(path: &str) -> Option<(i64, Part)> {
    let mut parts = path.trim_start_matches('/').split('/');
    let scan = parts.next()?.parse().ok()?;
    let Some(gamut) = parts.next() else { return Some((scan, Part::Whole)) };
    let gamut = ScreenGamut::deserialize(gamut.into_deserializer()).map_err(|_: ValueError| ()).ok()?;
    let level = parts.next()?.parse().ok()?;
    let (x, y) = parts.next()?.split_once('_')?;
    let tile = Part::Tile { gamut, level, x: x.parse().ok()?, y: y.parse().ok()? };
    parts.next().is_none().then_some((scan, tile))
}

fn read(bench: &vitrine_workbench::Workbench, picture: Picture, scan: i64, part: Part) -> Result<Vec<u8>, String> {
    let path = match (part, picture) {
        (Part::Tile { gamut, level, x, y }, _) => bench.tile(scan, gamut, level, x, y),
        (Part::Whole, Picture::Small) => bench.thumbnail(scan),
        (Part::Whole, Picture::Large) => bench.derivative(scan),
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
    fn addresses_name_a_scan_or_a_tile() {
        assert_eq!(asked("/12"), Some((12, Part::Whole)));
        let tile = |gamut| Some((12, Part::Tile { gamut, level: 0, x: 3, y: 4 }));
        assert_eq!(asked("/12/srgb/0/3_4"), tile(ScreenGamut::Srgb));
        assert_eq!(asked("/12/adobe-rgb/0/3_4"), tile(ScreenGamut::AdobeRgb));
        for wrong in [
            "/",
            "/x",
            "/12/",
            "/12/srgb",
            "/12/srgb/0",
            "/12/srgb/0/3",
            "/12/srgb/0/3_-4",
            "/12/srgb/0/3_4/5",
            "/12/srgb/../3_4",
            "/12/0/3_4",
        ] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found_and_not_kept() {
        let missing = response(None);
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert_eq!(missing.headers()[header::CACHE_CONTROL], "no-store");
        let there = response(Some(vec![1, 2]));
        assert_eq!((there.status(), there.body().len()), (StatusCode::OK, 2));
    }
}
