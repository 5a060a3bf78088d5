//! Makes a route of a path: identifiers become `{id}`, so that a million orders are one route.

/// The longest route; a longer one is cut at a segment.
pub(super) const ROUTE_MAX: usize = 120;
/// Segments that tell routes apart.
const SEGMENTS_MAX: usize = 8;
/// A word of a path is shorter than a token.
const TOKEN_MIN: usize = 20;
/// Endings of what is served from a disk: one route for all of it.
const STATIC: &[&str] = &[
    "js", "css", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "woff", "woff2", "ttf", "txt",
    "xml", "mp4",
];

/// Writes the route of a path into `out`.
pub(super) fn route(path: &[u8], out: &mut String) {
    out.clear();
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#' | b';')).unwrap_or(path.len());
    let path = &path[..end];
    if is_static(path) {
        return out.push_str("/{static}");
    }
    for (at, segment) in path.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty()).enumerate() {
        let shown = if is_identifier(segment) { "{id}" } else { std::str::from_utf8(segment).unwrap_or("{id}") };
        if at == SEGMENTS_MAX || out.len() + shown.len() + 1 > ROUTE_MAX - 4 {
            out.push_str("/...");
            return;
        }
        out.push('/');
        out.push_str(shown);
    }
    if out.is_empty() {
        out.push('/');
    }
}

/// Whether a route is of the form of one that the user named: `{...}` stands for any one segment.
pub(super) fn fits(form: &str, path: &[u8]) -> bool {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#' | b';')).unwrap_or(path.len());
    let mut segments = path[..end].split(|byte| *byte == b'/').filter(|segment| !segment.is_empty());
    for wanted in form.split('/').filter(|segment| !segment.is_empty()) {
        match segments.next() {
            Some(segment) if wanted.starts_with('{') || segment == wanted.as_bytes() => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

fn is_static(path: &[u8]) -> bool {
    let Some(dot) = path.iter().rev().take(6).position(|byte| *byte == b'.') else { return false };
    let ending = &path[path.len() - dot..];
    STATIC.iter().any(|known| ending.eq_ignore_ascii_case(known.as_bytes()))
}

/// A number, a UUID, a hash, a token, an order's number, or anything a person would not write into a program.
fn is_identifier(segment: &[u8]) -> bool {
    let digits = segment.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return segment.len() > 64 || segment.iter().any(|byte| !is_plain(*byte));
    }
    // `v1`, `oauth2`, `2fa`: words with a digit or two.
    let hex = segment.iter().filter(|byte| byte.is_ascii_hexdigit() || **byte == b'-').count();
    digits == segment.len()
        || (segment.len() >= 8 && hex == segment.len())
        || segment.len() >= TOKEN_MIN
        || digits * 2 >= segment.len() && segment.len() > 2
        || segment.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() >= 3
        || segment.iter().any(|byte| !is_plain(*byte))
}

/// What stands in the words of a path. Escapes and addresses of e-mail do not.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(path: &str, expect: &str) {
        let mut out = String::new();
        route(path.as_bytes(), &mut out);
        assert_eq!(out, expect, "{path}");
    }

    #[test]
    fn identifiers_are_folded_and_words_stay() {
        check("/", "/");
        check("", "/");
        check("/orders/123?x=1", "/orders/{id}");
        check("/orders/123/items/4", "/orders/{id}/items/{id}");
        check("/orders//7/", "/orders/{id}");
        check("/u/550e8400-e29b-41d4-a716-446655440000", "/u/{id}");
        check("/commit/9fceb02d0ae598e95dc970b74767f19372d61af8", "/commit/{id}");
        check("/orders/ORD-2026001/pay", "/orders/{id}/pay");
        check("/t/eyJhbGciOiJIUzI1NiJ9x", "/t/{id}");
        check("/mail/a@b.com/x", "/mail/{id}/x");
        check("/s/%ED%95%9C", "/s/{id}");
        check("/api/v1/oauth2/token", "/api/v1/oauth2/token");
        check("/admin/checkout-session", "/admin/checkout-session");
        check("/day/2026-11-21", "/day/{id}");
        check("/assets/app.9f2.js?v=3", "/{static}");
        check("/actuator/health", "/actuator/health");
        check("/cart;jsessionid=ABC/x", "/cart");
        check("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/...");
    }

    #[test]
    fn named_routes_fit_their_paths() {
        for (form, path, expect) in [
            ("/shops/{shop}/orders", "/shops/seoul/orders?x", true),
            ("/shops/{shop}/orders", "/shops/seoul/orders/7", false),
            ("/shops/{shop}/orders", "/shops/seoul", false),
            ("/", "/", true),
        ] {
            assert_eq!(fits(form, path.as_bytes()), expect, "{form} {path}");
        }
    }

    proptest! {
        #[test]
        fn a_route_is_short_ascii_and_is_its_own_route(path in prop::collection::vec(any::<u8>(), 0..400)) {
            let (mut once, mut twice) = (String::new(), String::new());
            route(&path, &mut once);
            prop_assert!(once.len() <= ROUTE_MAX && once.is_ascii() && once.starts_with('/'), "{}", once);
            prop_assert!(!once.bytes().any(|byte| byte.is_ascii_control() || byte == b' '));
            if !once.contains('{') && !once.ends_with("...") {
                route(once.as_bytes(), &mut twice);
                prop_assert_eq!(once, twice);
            }
        }

        #[test]
        fn numbers_never_make_routes(a in any::<u32>(), b in any::<u64>()) {
            let mut out = String::new();
            route(format!("/orders/{a}/items/{b}").as_bytes(), &mut out);
            prop_assert_eq!(out, "/orders/{id}/items/{id}");
        }
    }
}
