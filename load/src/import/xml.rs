//! A small tree of an XML document: elements, attributes, text. No DTD and no entities but the five of XML itself.

use xmlparser::{ElementEnd, Token, Tokenizer};

/// Plans are small; what is larger is none.
pub(super) const TEXT_MAX: usize = 32 << 20;
/// Deeper than any plan: what is told of a tree is told by functions that call themselves.
const DEPTH_MAX: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(held, _)| held == name).map_or("", |(_, value)| value)
    }
}

/// The outermost element.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    if text.len() > TEXT_MAX {
        return Err(format!("it is larger than {} MB", TEXT_MAX >> 20));
    }
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    for token in Tokenizer::from(text.trim_start_matches('\u{feff}')) {
        match token.map_err(|error| error.to_string())? {
            Token::ElementStart { local, .. } => {
                if open.len() >= DEPTH_MAX {
                    return Err(format!("elements are nested more than {DEPTH_MAX} deep"));
                }
                open.push(Element { name: local.to_string(), ..Element::default() });
            }
            Token::Attribute { local, value, .. } => {
                if let Some(last) = open.last_mut() {
                    last.attributes.push((local.to_string(), plain(&value)));
                }
            }
            Token::ElementEnd { end: ElementEnd::Empty, .. } => close(&mut open, &mut root)?,
            Token::ElementEnd { end: ElementEnd::Close(_, name), .. } => {
                match open.last() {
                    Some(last) if last.name == name.as_str() => {}
                    _ => return Err(format!("</{name}> closes nothing that is open")),
                }
                close(&mut open, &mut root)?;
            }
            Token::Text { text } => add(&mut open, &plain(&text)),
            Token::Cdata { text, .. } => add(&mut open, &text),
            _ => {}
        }
    }
    match (root, open.last()) {
        (_, Some(open)) => Err(format!("<{}> is never closed", open.name)),
        (Some(root), None) => Ok(root),
        (None, None) => Err("it holds no element".to_owned()),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

fn close(open: &mut Vec<Element>, root: &mut Option<Element>) -> Result<(), String> {
    let Some(done) = open.pop() else { return Err("an end without a beginning".to_owned()) };
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("there is more than one outermost element".to_owned()),
    }
    Ok(())
}

/// Without the entities; one that is unknown stays as it is written.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        rest = if let Some((letter, after)) = known {
            out.push(letter);
            after
        } else {
            out.push('&');
            after
        };
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree() {
        let tree = parse("<?xml version=\"1.0\"?><!-- x --><a k=\"1 &lt; 2\"><b/>t&amp;&#x41;<![CDATA[<raw>]]></a>");
        let b = Element { name: "b".to_owned(), ..Element::default() };
        let a = Element {
            name: "a".to_owned(),
            attributes: vec![("k".to_owned(), "1 < 2".to_owned())],
            children: vec![b],
            text: "t&A<raw>".to_owned(),
        };
        assert_eq!(tree, Ok(a));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for text in ["", "   ", "<a>", "<a></b>", "<a/><b/>", "no XML", "<a><b></a></b>"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"<a>".repeat(DEPTH_MAX + 1)).is_err_and(|says| says.contains("deep")));
    }
}
