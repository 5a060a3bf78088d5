//! Finds thread groups and HTTP samplers in the tree of a plan, with what is in force where they stand.
//!
//! JMeter writes an element and then a `hashTree` of what stands below it. Configuration, timers, assertions and
//! extractors are in force for every sampler beside and below them.

use super::plan::{Plan, Table, Walk};
use super::sampler::{self, Scope};
use super::xml::{self, Element};
use super::{Imported, write};

/// Times that a loop is written out.
const REPEATS_MAX: u64 = 20;
/// Steps of all thread groups; a scenario bears no more.
const STEPS_MAX: usize = 200;

/// A scenario of a JMeter plan. An error where nothing of it can be carried.
pub fn jmx(text: &str) -> Result<Imported, String> {
    let root = xml::parse(text)?;
    if root.name != "jmeterTestPlan" {
        return Err(format!("it is no plan of JMeter: <{}> stands where <jmeterTestPlan> should", root.name));
    }
    let mut plan = Plan::default();
    for tree in root.children.iter().filter(|child| child.name == "hashTree") {
        groups(tree, &Scope::default(), &mut plan);
    }
    plan.walks.retain(|walk| !walk.steps.is_empty());
    if plan.walks.is_empty() {
        return Err(format!("no HTTP request in it can be carried{}", told(&plan.remarks)));
    }
    Ok(write::write(plan))
}

fn told(remarks: &[String]) -> String {
    if remarks.is_empty() { String::new() } else { format!(": {}", remarks.join("; ")) }
}

/// Each element that is switched on, with the tree below it.
fn pairs(tree: &Element) -> Vec<(&Element, Option<&Element>)> {
    let mut pairs: Vec<(&Element, Option<&Element>)> = Vec::new();
    for child in &tree.children {
        match (child.name.as_str(), pairs.last_mut()) {
            ("hashTree", Some((_, below))) => *below = Some(child),
            ("hashTree", None) => {}
            _ => pairs.push((child, None)),
        }
    }
    pairs
}

fn is_on(element: &Element) -> bool {
    element.attribute("enabled") != "false"
}

fn named(element: &Element) -> String {
    format!("{} \"{}\"", element.name, element.attribute("testname"))
}

/// Down to the thread groups.
fn groups(tree: &Element, above: &Scope, plan: &mut Plan) {
    let scope = in_force(tree, above, plan);
    for (element, below) in pairs(tree) {
        if !is_on(element) {
            continue;
        }
        match element.name.as_str() {
            "TestPlan" => {
                constants(element, plan);
                if let Some(below) = below {
                    groups(below, &scope, plan);
                }
            }
            "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => group(element, below, &scope, plan),
            name if name.ends_with("ThreadGroup") => {
                plan.remark(format!("{}: a thread group of a plugin", named(element)));
            }
            _ => {}
        }
    }
}

fn constants(element: &Element, plan: &mut Plan) {
    for (name, value) in sampler::arguments(element, "TestPlan.user_defined_variables") {
        plan.constants.insert(name, value);
    }
}

fn group(element: &Element, below: Option<&Element>, scope: &Scope, plan: &mut Plan) {
    if element.name != "ThreadGroup" {
        plan.remark(format!(
            "{}: there is nothing before and after a run; prepare the service otherwise",
            named(element)
        ));
        return;
    }
    let number = |name: &str| sampler::property(element, name).trim().parse::<u64>().ok();
    let scheduled = sampler::property(element, "ThreadGroup.scheduler") == "true";
    let lasting_s = number("ThreadGroup.duration").filter(|length| scheduled && *length > 0);
    let threads = number("ThreadGroup.num_threads").unwrap_or_else(|| {
        plan.remark(format!("{}: its number of threads is no number; 1 was written", named(element)));
        1
    });
    if number("ThreadGroup.ramp_time").is_some_and(|ramp| ramp > 1) {
        plan.remark(format!("{}: its ramp; users are all there at once, a `[[profile]]` may climb", named(element)));
    }
    let mut walk = Walk { name: element.attribute("testname").to_owned(), threads, lasting_s, steps: Vec::new() };
    if let Some(below) = below {
        samplers(below, scope, &mut walk, plan);
    }
    let room = STEPS_MAX - plan.walks.iter().map(|walk| walk.steps.len()).sum::<usize>();
    if walk.steps.len() > room {
        plan.remark(format!("{}: requests beyond the first {STEPS_MAX} of the plan", named(element)));
        walk.steps.truncate(room);
    }
    plan.walks.push(walk);
}

fn samplers(tree: &Element, above: &Scope, walk: &mut Walk, plan: &mut Plan) {
    let scope = in_force(tree, above, plan);
    for (element, below) in pairs(tree) {
        if !is_on(element) {
            plan.remark(format!("{}: it is switched off", named(element)));
            continue;
        }
        let deeper = |walk: &mut Walk, plan: &mut Plan| {
            if let Some(below) = below {
                samplers(below, &scope, walk, plan);
            }
        };
        match element.name.as_str() {
            "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2" => {
                let scope = below.map_or_else(|| scope.clone(), |below| in_force(below, &scope, plan));
                walk.steps.extend(sampler::step(element, &scope, plan));
            }
            "GenericController" | "RecordingController" => deeper(walk, plan),
            "TransactionController" | "OnceOnlyController" => {
                plan.remark(format!("{}: what is below it stands in the journey as it is", named(element)));
                deeper(walk, plan);
            }
            "LoopController" => repeat(element, walk, plan, deeper),
            name if name.ends_with("Controller") => {
                plan.remark(format!("{}: all below it was left out", named(element)));
            }
            name if name.ends_with("Sampler") || name == "TestAction" => {
                plan.remark(format!("{}: no HTTP request", named(element)));
            }
            _ => {}
        }
    }
}

/// A loop of a known number is written out.
fn repeat(element: &Element, walk: &mut Walk, plan: &mut Plan, deeper: impl Fn(&mut Walk, &mut Plan)) {
    let times = sampler::property(element, "LoopController.loops").trim().parse::<u64>().ok();
    let written = times.filter(|times| (1..=REPEATS_MAX).contains(times)).unwrap_or(1);
    if times != Some(written) {
        plan.remark(format!("{}: it goes round once", named(element)));
    }
    for _ in 0..written {
        let before = walk.steps.len();
        deeper(walk, plan);
        // Loops in loops of nothing would go round for ever.
        if walk.steps.len() == before || walk.steps.len() > STEPS_MAX {
            break;
        }
    }
}

/// What stands beside the samplers of a tree, on top of what stands above it.
fn in_force(tree: &Element, above: &Scope, plan: &mut Plan) -> Scope {
    let mut scope = above.clone();
    for (element, _) in pairs(tree).into_iter().filter(|(element, _)| is_on(element)) {
        match element.name.as_str() {
            "ConfigTestElement" => scope.defaults(element),
            "HeaderManager" => scope.headers(element),
            "CookieManager" => plan.keeps_cookies = true,
            "CSVDataSet" => table(element, plan),
            "Arguments" => {
                for (name, value) in sampler::arguments(element, "") {
                    plan.constants.insert(name, value);
                }
            }
            "ConstantTimer" | "UniformRandomTimer" | "GaussianRandomTimer" => scope.waits(element, plan),
            "ResponseAssertion" => scope.assertions.push(element.clone()),
            "JSONPostProcessor" | "RegexExtractor" => scope.extractors.push(element.clone()),
            name if is_known(name) => {}
            _ => plan.remark(named(element)),
        }
    }
    scope
}

/// What is looked at elsewhere.
fn is_known(name: &str) -> bool {
    name == "hashTree"
        || name == "TestPlan"
        || name == "TestAction"
        || name.starts_with("HTTPSampler")
        || ["ThreadGroup", "Controller", "Sampler"].iter().any(|end| name.ends_with(end))
}

fn table(element: &Element, plan: &mut Plan) {
    let of = |name: &str| sampler::property(element, name);
    let columns: Vec<_> = of("variableNames").split(',').map(|name| name.trim().to_owned()).collect();
    let file = of("filename").to_owned();
    // What stands in a loop is looked at in each of its rounds.
    if plan.tables.iter().any(|table| table.file == file && table.columns == columns) {
        return;
    }
    let twice = |at: usize, name: &String| columns[..at].contains(name);
    let known = |name: &String| plan.tables.iter().any(|table| table.columns.contains(name));
    let wrong = |(at, name): (usize, &String)| !sampler::is_variable(name) || known(name) || twice(at, name);
    if columns.iter().enumerate().any(wrong) {
        plan.remark(format!(
            "{}: it names no columns, or one twice; give the file a head and name it by `[data]`",
            named(element)
        ));
        return;
    }
    if of("ignoreFirstLine") != "true" {
        plan.remark(format!(
            "{}: {file} needs a first line that names its columns: {}",
            named(element),
            columns.join(",")
        ));
    }
    if !matches!(of("delimiter"), "" | ",") {
        plan.remark(format!("{}: {file} must be separated by commas", named(element)));
    }
    plan.tables.push(Table { file, columns, stops: of("recycle") == "false" });
}
