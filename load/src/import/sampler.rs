//! One HTTP sampler, with what is in force where it stands.

use std::fmt::Write;

use super::plan::{Plan, Step, Take};
use super::xml::Element;

/// What is in force for the samplers of a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    protocol: String,
    domain: String,
    port: String,
    path: String,
    headers: Vec<(String, String)>,
    waits_ms: (u64, u64),
    pub(super) assertions: Vec<Element>,
    pub(super) extractors: Vec<Element>,
}

/// A property's text: `<stringProp name="...">`, and its kin.
pub(super) fn property<'a>(element: &'a Element, name: &str) -> &'a str {
    element.children.iter().find(|child| child.attribute("name") == name).map_or("", |child| child.text.as_str())
}

/// The name and value of each argument below the property; of the element itself where it has no name.
pub(super) fn arguments(element: &Element, name: &str) -> Vec<(String, String)> {
    let holder = if name.is_empty() { Some(element) } else { child(element, name) };
    let list = holder.and_then(|holder| child(holder, "Arguments.arguments"));
    let each = list.into_iter().flat_map(|list| &list.children);
    each.map(|one| (property(one, "Argument.name").to_owned(), property(one, "Argument.value").to_owned())).collect()
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.children.iter().find(|child| child.attribute("name") == name)
}

impl Scope {
    pub(super) fn defaults(&mut self, element: &Element) {
        for (part, name) in [
            (&mut self.protocol, "HTTPSampler.protocol"),
            (&mut self.domain, "HTTPSampler.domain"),
            (&mut self.port, "HTTPSampler.port"),
            (&mut self.path, "HTTPSampler.path"),
        ] {
            let value = property(element, name).trim();
            if !value.is_empty() {
                value.clone_into(part);
            }
        }
    }

    pub(super) fn headers(&mut self, element: &Element) {
        for header in child(element, "HeaderManager.headers").into_iter().flat_map(|list| &list.children) {
            let (name, value) = (property(header, "Header.name"), property(header, "Header.value"));
            self.headers.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn waits(&mut self, element: &Element, plan: &mut Plan) {
        let number = |name: &str| property(element, name).trim().parse::<f64>().ok().filter(|ms| *ms >= 0.0);
        let (Some(delay), range) = (number("ConstantTimer.delay"), number("RandomTimer.range").unwrap_or(0.0)) else {
            plan.remark(format!("{} \"{}\": its delay is no number", element.name, element.attribute("testname")));
            return;
        };
        let (least, most) = if element.name == "GaussianRandomTimer" {
            plan.remark("GaussianRandomTimer: written as an even spread of three deviations to each side".to_owned());
            ((delay - 3.0 * range).max(0.0), delay + 3.0 * range)
        } else {
            (delay, delay + range)
        };
        self.waits_ms = (self.waits_ms.0 + least as u64, self.waits_ms.1 + most as u64);
    }
}

/// Nothing where it cannot be carried; the plan says why.
pub(super) fn step(element: &Element, scope: &Scope, plan: &mut Plan) -> Option<Step> {
    let name = element.attribute("testname").to_owned();
    let of = |part: &str, usual: &str| {
        let own = property(element, part).trim();
        if own.is_empty() { usual.to_owned() } else { own.to_owned() }
    };
    let mut path = of("HTTPSampler.path", &scope.path);
    let protocol = of("HTTPSampler.protocol", &scope.protocol).to_ascii_lowercase();
    let (domain, port) = (of("HTTPSampler.domain", &scope.domain), of("HTTPSampler.port", &scope.port));
    let mut target = address(&protocol, &domain, &port);
    if let Some((scheme, rest)) = path.clone().split_once("://") {
        let (authority, rest) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        target = Some(format!("{scheme}://{authority}"));
        rest.clone_into(&mut path);
    }
    if let Some(target) = target {
        match &plan.target {
            None => plan.target = Some(target),
            Some(first) if *first != target => {
                plan.remark(format!("\"{name}\": it asks {target}, the scenario presses {first}"));
                return None;
            }
            Some(_) => {}
        }
    }
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    let method = of("HTTPSampler.method", "GET").to_ascii_uppercase();
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        plan.remark(format!("\"{name}\": `{method}` is no method"));
        return None;
    }
    plan.redirects |= property(element, "HTTPSampler.follow_redirects") == "true";
    remarks(element, &name, plan);
    let waits_ms = scope.waits_ms;
    let mut step = Step { name, method, path, headers: scope.headers.clone(), waits_ms, ..Step::default() };
    content(element, &mut step);
    scope.assertions.iter().for_each(|assertion| asserts(assertion, &mut step, plan));
    scope.extractors.iter().for_each(|extractor| takes(extractor, &mut step, plan));
    Some(step)
}

fn address(protocol: &str, domain: &str, port: &str) -> Option<String> {
    let scheme = if protocol.is_empty() { "http" } else { protocol };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    (!domain.is_empty()).then(|| format!("{scheme}://{domain}{port}"))
}

fn remarks(element: &Element, name: &str, plan: &mut Plan) {
    if child(element, "HTTPsampler.Files")
        .is_some_and(|files| files.children.iter().any(|list| !list.children.is_empty()))
    {
        plan.remark(format!("\"{name}\": the file that it sends"));
    }
    for (property_name, says) in [
        ("HTTPSampler.image_parser", "what its page embeds is not fetched"),
        ("HTTPSampler.DO_MULTIPART_POST", "it is no multipart form here"),
    ] {
        if property(element, property_name) == "true" {
            plan.remark(format!("\"{name}\": {says}"));
        }
    }
}

/// Arguments are a raw body, a form, or the query.
fn content(element: &Element, step: &mut Step) {
    let arguments = arguments(element, "HTTPsampler.Arguments");
    if arguments.is_empty() {
        return;
    }
    if property(element, "HTTPSampler.postBodyRaw") == "true" {
        step.body = Some(arguments.into_iter().map(|(_, value)| value).collect());
        return;
    }
    let pairs: Vec<_> = arguments.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let form = pairs.join("&");
    if matches!(step.method.as_str(), "POST" | "PUT" | "PATCH") {
        if !step.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            step.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        step.body = Some(form);
    } else {
        let joint = if step.path.contains('?') { '&' } else { '?' };
        step.path = format!("{}{joint}{form}", step.path);
    }
}

/// As a URL wants it, but for places, which are filled and written so when it is pressed.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with("${")
            && let Some(end) = rest.find('}')
        {
            out.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
            continue;
        }
        let letter = rest.chars().next().unwrap_or_default();
        let mut bytes = [0; 4];
        for byte in letter.encode_utf8(&mut bytes).bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~%+".contains(&byte) {
                out.push(byte as char);
            } else {
                // Writing into a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        rest = &rest[letter.len_utf8()..];
    }
    out
}

/// Bits of JMeter's `Assertion.test_type`.
const CONTAINS: u32 = 2;
const EQUALS: u32 = 8;
const SUBSTRING: u32 = 16;

fn asserts(element: &Element, step: &mut Step, plan: &mut Plan) {
    let name = element.attribute("testname");
    let texts: Vec<&str> = ["Asserion.test_strings", "Assertion.test_strings"]
        .iter()
        .filter_map(|name| child(element, name))
        .flat_map(|list| list.children.iter().map(|text| text.text.as_str()))
        .collect();
    let kind: u32 = property(element, "Assertion.test_type").trim().parse().unwrap_or(0);
    let field = property(element, "Assertion.test_field");
    match (field, kind, texts.as_slice()) {
        ("Assertion.response_code", EQUALS | SUBSTRING | CONTAINS, [status])
            if status.trim().parse::<u16>().is_ok() =>
        {
            step.status.extend(status.trim().parse::<u16>());
        }
        ("Assertion.response_data", SUBSTRING, [text]) if step.contains.is_none() => {
            step.contains = Some((*text).to_owned());
        }
        ("Assertion.response_data", CONTAINS, [text])
            if step.matches.is_none() && regex_lite::Regex::new(text).is_ok() =>
        {
            step.matches = Some((*text).to_owned());
        }
        _ => plan.remark(format!("ResponseAssertion \"{name}\"")),
    }
}

fn takes(element: &Element, step: &mut Step, plan: &mut Plan) {
    let title = format!("{} \"{}\"", element.name, element.attribute("testname"));
    let found = if element.name == "JSONPostProcessor" {
        let (name, path) = (
            property(element, "JSONPostProcessor.referenceNames"),
            property(element, "JSONPostProcessor.jsonPathExprs"),
        );
        pointer(path.trim()).map(|pointer| (name.trim(), Take::Json(pointer)))
    } else {
        let pattern = property(element, "RegexExtractor.regex");
        let sound = matches!(property(element, "RegexExtractor.useHeaders"), "" | "false")
            && matches!(property(element, "RegexExtractor.template"), "" | "$1$")
            && regex_lite::Regex::new(pattern).is_ok();
        sound.then(|| (property(element, "RegexExtractor.refname").trim(), Take::Regex(pattern.to_owned())))
    };
    match found {
        Some((name, take)) if is_variable(name) => step.takes.push((name.to_owned(), take)),
        _ => plan.remark(format!("{title}: what it takes is not taken")),
    }
}

pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

/// `$.cart.items[0].id`, `$['a']['b']`: paths to one value. Filters, wildcards and `..` are none.
fn pointer(path: &str) -> Option<String> {
    let mut rest = path.strip_prefix('$')?;
    let mut pointer = String::new();
    while !rest.is_empty() {
        let (key, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']')?;
            (key.trim_matches(['\'', '"']), after)
        } else {
            let inner = rest.strip_prefix('.')?;
            inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
        };
        if key.is_empty() || key.contains(['*', '?', ':', ',', '(', '@']) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        rest = after;
    }
    Some(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_to_one_value_are_pointers() {
        assert_eq!(pointer("$.cart.items[0].id").as_deref(), Some("/cart/items/0/id"));
        assert_eq!(pointer("$['a/b']").as_deref(), Some("/a~1b"));
        for many in ["$..id", "$.items[*]", "$.items[?(@.a)]", "items", "$."] {
            assert_eq!(pointer(many), None, "{many}");
        }
    }

    #[test]
    fn places_are_left_to_be_filled() {
        assert_eq!(encoded("a b${x y}&=ü"), "a%20b${x y}%26%3D%C3%BC");
        assert_eq!(encoded("${open"), "%24%7Bopen");
    }
}
