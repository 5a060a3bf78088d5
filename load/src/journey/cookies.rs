//! The cookies of one user, as a browser would keep them for one host (RFC 6265, what matters of it).
//!
//! One journey speaks to one host and lasts minutes: domains and dates in the future need not be told apart; paths,
//! removal and replacement do.

/// Cookies of one user; a service that sets more is ill.
const COOKIES_MAX: usize = 100;

#[derive(Clone, Debug, Default)]
pub(super) struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Jar {
    /// Takes one `Set-Cookie`; `asked` is the path of the request.
    pub(super) fn take(&mut self, header: &str, asked: &str) {
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let (mut path, mut gone) = (None, false);
        for part in parts {
            let (key, said) = part.split_once('=').unwrap_or((part, ""));
            match key.to_ascii_lowercase().as_str() {
                "path" if said.starts_with('/') => path = Some(said.to_owned()),
                "max-age" => gone = said.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                // The way in which cookies have been removed since before Max-Age.
                "expires" => gone |= said.contains(" 1970") || said.contains("-1970") || said.contains("-70 "),
                _ => {}
            }
        }
        let path = path.unwrap_or_else(|| usual_path(asked));
        self.cookies.retain(|cookie| !(cookie.name == name && cookie.path == path));
        if !gone && self.cookies.len() < COOKIES_MAX {
            self.cookies.push(Cookie { name: name.to_owned(), value: value.to_owned(), path });
        }
    }

    /// What the header `Cookie` says for a path; nothing where no cookie is for it.
    pub(super) fn header(&self, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap_or(path);
        let mut text = String::new();
        for cookie in self.cookies.iter().filter(|cookie| is_for(&cookie.path, path)) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&cookie.name);
            text.push('=');
            text.push_str(&cookie.value);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// The folder of what was asked.
fn usual_path(asked: &str) -> String {
    let asked = asked.split('?').next().unwrap_or(asked);
    match asked.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(at) => asked[..at].to_owned(),
    }
}

fn is_for(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_removed() {
        let mut jar = Jar::default();
        jar.take("sid=1; Path=/; HttpOnly", "/login");
        jar.take("cart=2", "/shop/cart?x=/y");
        assert_eq!(jar.header("/").as_deref(), Some("sid=1"));
        assert_eq!(jar.header("/shop/items?id=3").as_deref(), Some("sid=1; cart=2"));
        assert_eq!(jar.header("/shopping").as_deref(), Some("sid=1"));
        jar.take("sid=9; path=/", "/x/y");
        assert_eq!(jar.header("/").as_deref(), Some("sid=9"));
        jar.take("sid=; Max-Age=0; Path=/", "/");
        jar.take("cart=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/shop/out");
        assert_eq!(jar.header("/shop/items"), None);
    }
}
