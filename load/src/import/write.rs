//! A plan said as a scenario in TOML. `${places}` become `{{places}}` where something gives them a value.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Imported;
use super::plan::{Plan, Step, Take, Walk};
use super::sampler::is_variable;

/// Where a plan does not say how long: its threads go round a number of times.
const USUAL_S: u64 = 60;
/// What JMeter follows at most is 20; who needs so many has a mistake.
const REDIRECTS: u8 = 5;
const THINK_MAX_MS: u64 = 3_600_000;
const USERS_MAX: u64 = 60_000;

/// Constants may name constants; rounds of filling them in.
const ROUNDS: usize = 3;
/// A text that grows beyond this is filled in no further.
const FILLED_MAX: usize = 1 << 20;

pub(super) fn write(mut plan: Plan) -> Imported {
    let walks = std::mem::take(&mut plan.walks);
    let mut places = Places::of(&plan);
    let mut body = String::new();
    let users = walks.iter().map(|walk| walk.threads).sum::<u64>().clamp(1, USERS_MAX);
    for walk in &walks {
        journey(walk, &mut places, &mut body);
    }
    let target = match plan.target.as_deref().map(|target| places.constant(target)) {
        Some(target) if crate::scenario::Target::parse(&target).is_ok() => target,
        other => {
            let says = other.map_or_else(|| "none".to_owned(), |other| format!("`{other}`"));
            plan.remark(format!("the target, {says}: write yours"));
            "http://127.0.0.1:8080".to_owned()
        }
    };
    let longest = walks.iter().filter_map(|walk| walk.lasting_s).max();
    if longest.is_none() {
        plan.remark(format!("how long: the plan counts rounds; {USUAL_S} seconds were written"));
    }
    if walks.len() > 1 {
        plan.remark(
            "thread groups run beside each other in JMeter; here each user takes one journey, by weight".to_owned(),
        );
    }
    if !plan.keeps_cookies {
        plan.remark("cookies are kept for each user, also without a cookie manager".to_owned());
    }
    let mut head = format!("target = {}\n", quoted(&target));
    if plan.redirects {
        // Writing into a String cannot fail.
        let _ = writeln!(head, "redirects = {REDIRECTS}");
    }
    let lasting = longest.unwrap_or(USUAL_S).clamp(1, 7 * 86_400);
    let _ = write!(
        head,
        "# As the plan has it: users who wait for each answer. To learn what users would feel, write `[[profile]]` instead.\n\
         users = {{ count = {users}, for = \"{lasting}s\" }}\n"
    );
    for (at, table) in plan.tables.iter().enumerate() {
        let end = if table.stops { "at_end = \"stop\"\n" } else { "" };
        let _ = write!(head, "\n[data.{}]\nfile = {}\n{end}", table_name(at), quoted(&table.file));
    }
    let tables = plan.tables.into_iter().map(|table| (table.file, table.columns)).collect();
    let mut remarks = plan.remarks;
    remarks.extend(places.remarks);
    let mut notes = String::new();
    for remark in &remarks {
        // Writing into a String cannot fail.
        let _ = writeln!(notes, "#   {}", remark.replace(char::is_control, " "));
    }
    let title = "# Imported from a JMeter plan. What could not be carried, or only otherwise:\n";
    Imported { scenario: format!("{title}{notes}\n{head}{body}"), remarks, tables }
}

fn table_name(at: usize) -> String {
    format!("table{}", at + 1)
}

/// What a `${place}` stands for, by where the text stands.
struct Places {
    constants: BTreeMap<String, String>,
    /// Variables to the names by which a scenario knows them; those that steps take come and go with their journey.
    tables: BTreeMap<String, String>,
    taken: Vec<String>,
    remarks: Vec<String>,
}

impl Places {
    fn of(plan: &Plan) -> Self {
        let mut tables = BTreeMap::new();
        for (at, table) in plan.tables.iter().enumerate() {
            for column in &table.columns {
                tables.insert(column.clone(), format!("{}.{column}", table_name(at)));
            }
        }
        Self { constants: plan.constants.clone(), tables, taken: Vec::new(), remarks: Vec::new() }
    }

    fn known(&self, name: &str) -> Option<String> {
        if self.taken.iter().any(|taken| taken == name) {
            return Some(name.to_owned());
        }
        if name == "__threadNum" {
            return Some("user".to_owned());
        }
        self.tables.get(name).cloned()
    }

    fn constant(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            for (name, value) in &self.constants {
                let place = format!("${{{name}}}");
                if text.len() + text.matches(&place).count() * value.len() <= FILLED_MAX {
                    text = text.replace(&place, value);
                }
            }
        }
        text
    }

    /// `form` is added to each place, where the place alone would be written otherwise.
    fn fill(&mut self, text: &str, form: &str) -> String {
        let text = self.constant(text);
        // Two braces side by side would mean a place, also the second and the third of three.
        let mut text = text;
        while text.contains("{{") {
            text = text.replace("{{", "{ {");
        }
        let (mut out, mut rest) = (String::new(), text.as_str());
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let named = after.split_once('}').and_then(|(name, rest)| Some((self.known(name)?, rest)));
            if let Some((name, after)) = named {
                if out.ends_with('{') {
                    out.push(' ');
                }
                // Writing into a String cannot fail.
                let _ = write!(out, "{{{{{name}{form}}}}}");
                rest = after;
            } else {
                let name = after.split('}').next().unwrap_or_default();
                let says = format!("`${{{name}}}`: nothing gives it a value; it stands as it is");
                if !self.remarks.contains(&says) {
                    self.remarks.push(says);
                }
                out.push_str("$ {");
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }
}

fn journey(walk: &Walk, places: &mut Places, out: &mut String) {
    places.taken.clear();
    // Writing into a String cannot fail.
    let _ =
        write!(out, "\n[[journey]]\nname = {}\nweight = {}\n", quoted(&walk.name), walk.threads.clamp(1, 1_000_000));
    for (at, step) in walk.steps.iter().enumerate() {
        // JMeter waits before a request, a user here thinks after one.
        let think = walk.steps.get(at + 1).map_or((0, 0), |next| next.waits_ms);
        self::step(step, think, places, out);
    }
}

fn step(step: &Step, think: (u64, u64), places: &mut Places, out: &mut String) {
    let form = step
        .headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value == "application/x-www-form-urlencoded");
    let json = step.headers.iter().any(|(_, value)| value.contains("json"));
    let path: String = places.fill(&step.path, "").chars().filter(|c| !c.is_control()).collect();
    // Writing into a String cannot fail.
    let _ = write!(out, "\n[[journey.step]]\nname = {}\n", quoted(&step.name));
    let _ = writeln!(out, "request = {}", quoted(&format!("{} {path}", step.method)));
    let is_token = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in step.headers.iter().filter(|(name, _)| is_token(name)) {
        headers.insert(name.to_ascii_lowercase(), places.fill(&value.replace(char::is_control, " "), ""));
    }
    for (name, value) in headers {
        let _ = writeln!(out, "headers.{} = {}", quoted(&name), quoted(&value));
    }
    if let Some(body) = &step.body {
        let form = if form {
            "|url"
        } else if json {
            "|json"
        } else {
            ""
        };
        let _ = writeln!(out, "body = {}", quoted(&places.fill(body, form)));
    }
    if !step.status.is_empty() {
        let _ = writeln!(out, "expect.status = {:?}", step.status);
    }
    for (key, value) in [("contains", &step.contains), ("matches", &step.matches)] {
        if let Some(value) = value {
            let _ = writeln!(out, "expect.{key} = {}", quoted(value));
        }
    }
    let mut taken: BTreeMap<&str, &Take> = BTreeMap::new();
    taken.extend(step.takes.iter().filter(|(name, _)| is_variable(name)).map(|(name, take)| (name.as_str(), take)));
    for (name, take) in taken {
        let (kind, from) = match take {
            Take::Json(pointer) => ("json", pointer),
            Take::Regex(pattern) => ("regex", pattern),
        };
        let _ = writeln!(out, "take.{} = {{ {kind} = {} }}", quoted(name), quoted(from));
        places.taken.push(name.to_owned());
    }
    if think.1 > 0 {
        let (least, most) = (think.0.min(THINK_MAX_MS), think.1.min(THINK_MAX_MS));
        let _ = writeln!(out, "think_ms = [{least}, {most}]");
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04X}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
