//! The first frame of the user's own code: where to look first.

/// Which code is the user's own.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Beginnings of names or parts of paths; where none are given, everything is that no known library begins so.
    packages: Vec<String>,
}

/// How a frame of each language begins, after its indent.
enum Language {
    /// `at a.b.C.d(C.java:1)`, of the JVM and of .NET; `at f (/app/x.js:1:2)` of Node.
    At,
    /// `File "/srv/a.py", line 3, in run`; the last is the innermost.
    Python,
    /// `main.(*Server).handle(0x1)` on a line of its own.
    Go,
    /// `1: shop::main`
    Rust,
    /// `#0 /srv/index.php(12): pay()`
    Php,
    /// ``from app.rb:5:in `pay'``
    Ruby,
}

const LIBRARIES: &[&str] = &[
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.eclipse.",
    "org.postgresql.",
    "org.mariadb.",
    "org.slf4j.",
    "com.zaxxer.",
    "com.mysql.",
    "com.fasterxml.",
    "com.google.",
    "io.netty.",
    "io.lettuce.",
    "io.micrometer.",
    "reactor.",
    "redis.clients.",
    "ch.qos.",
    "software.amazon.",
    "System.",
    "Microsoft.",
    "runtime.",
    "runtime/",
    "testing.",
    "reflect.",
    "sync.",
    "net/http.",
    "std::",
    "core::",
    "alloc::",
    "tokio::",
    "rust_begin_unwind",
    "__rust",
    "<alloc::",
    "<core::",
    "<std::",
];
const LIBRARY_PATHS: &[&str] = &[
    "node_modules",
    "node:",
    "(internal/",
    "site-packages",
    "dist-packages",
    "/usr/lib/python",
    "/lib/python3",
    "<frozen",
    "/gems/",
    "/ruby/",
    "/vendor/",
    "/rustc/",
    "/usr/local/go/",
];

impl Own {
    pub fn new(packages: Vec<String>) -> Self {
        Self { packages }
    }

    /// Of a trace, in the form `com.acme.Shop.pay`, `app.py:run`, `main.(*Server).handle`.
    pub(super) fn first(&self, trace: &str) -> Option<String> {
        let mut frames = trace.lines().filter_map(|line| frame(line).map(|(language, name)| (language, name, line)));
        let is_own = |(_, name, line): &(Language, String, &str)| self.is_own(name, line);
        let first = frames.next()?;
        if matches!(first.0, Language::Python) {
            let last = std::iter::once(first).chain(frames).filter(is_own).reduce(|_, later| later);
            return last.map(|(_, name, _)| name);
        }
        std::iter::once(first).chain(frames).find(is_own).map(|(_, name, _)| name)
    }

    fn is_own(&self, name: &str, line: &str) -> bool {
        if self.packages.is_empty() {
            let library = LIBRARIES.iter().any(|known| name.starts_with(known));
            return !library && !LIBRARY_PATHS.iter().any(|known| line.contains(known));
        }
        self.packages
            .iter()
            .any(|own| name.starts_with(own.as_str()) || (own.contains('/') && line.contains(own.as_str())))
    }
}

fn frame(line: &str) -> Option<(Language, String)> {
    let text = line.trim_start();
    let indented = text.len() < line.len();
    if let Some(rest) = text.strip_prefix("at ") {
        return Some((Language::At, at_frame(rest)));
    }
    if let Some(rest) = text.strip_prefix("File \"").filter(|_| indented) {
        let (path, rest) = rest.split_once('"')?;
        let function = rest.rsplit_once(" in ").map_or("", |(_, name)| name.trim());
        return Some((Language::Python, format!("{}:{function}", base(path))));
    }
    if let Some(rest) = text.strip_prefix("from ").filter(|_| indented) {
        return ruby(rest);
    }
    if let Some(rest) = text.strip_prefix('#') {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let (place, call) = rest.split_once(": ")?;
        let path = place.split('(').next().unwrap_or(place);
        return Some((Language::Php, format!("{}:{}", base(path), call.split('(').next().unwrap_or(call))));
    }
    if indented {
        let (number, name) = text.split_once(": ")?;
        let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        return numbered.then(|| (Language::Rust, name.split("::h").next().unwrap_or(name).to_owned()));
    }
    if line.contains(":in ") {
        return ruby(line);
    }
    go(line)
}

/// Lambdas, proxies and line numbers are the compiler's, not the user's.
fn at_frame(rest: &str) -> String {
    if let Some((function, place)) = rest.split_once(" (") {
        let path = place.trim_end_matches(')').split(':').next().unwrap_or(place);
        return format!("{}:{function}", base(path));
    }
    let name = rest.split('(').next().unwrap_or(rest);
    // `java.base/java.lang.Thread.run`, `app//com.acme.Shop.pay`
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.split("$$").next().unwrap_or(name);
    name.split(".lambda$").next().unwrap_or(name).trim().to_owned()
}

fn ruby(text: &str) -> Option<(Language, String)> {
    let (place, function) = text.split_once(":in ")?;
    let path = place.split(':').next().unwrap_or(place);
    let function = function.trim_start_matches(['`', '\'']);
    let function = function.split('\'').next().unwrap_or(function);
    Some((Language::Ruby, format!("{}:{function}", base(path))))
}

fn go(line: &str) -> Option<(Language, String)> {
    let call = line.trim_end().strip_suffix(')')?;
    let open = call.rfind('(')?;
    let name = &call[..open];
    let is = name.contains('.') && !name.contains(' ') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    is.then(|| (Language::Go, name.to_owned()))
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
