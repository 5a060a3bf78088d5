//! What the sieve lets through, and in which order.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::logs::fold::Windows;
use crate::logs::select::Select;

const NOW: i64 = 1_795_266_809_000;

/// Everything around a source, and what came out of it.
struct Bench {
    settings: Settings,
    sift: Sift,
    lane: Lane,
    tally: Tally,
    kinds: Kinds,
    budget: Budget,
    text: Vec<u8>,
    at: usize,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self {
            sift: Sift::new(&settings, "app.log".to_owned()),
            settings,
            lane: Lane::new("g".into(), "s".into(), 60_000, Windows::new()),
            tally: Tally::default(),
            kinds: Kinds::default(),
            budget: Budget::default(),
            text: vec![],
            at: 0,
        }
    }

    fn write(&mut self, text: &str, now_ms: i64) -> &mut Self {
        self.text.extend_from_slice(text.as_bytes());
        let mut shared = Shared {
            lane: &mut self.lane,
            tally: &mut self.tally,
            kinds: &mut self.kinds,
            budget: &mut self.budget,
            now_ms,
        };
        repeats(self.settings.format, &mut shared);
        let portion = Portion { file: 1, bytes: &self.text, base: 0, at: self.at, flush: true, said: &[] };
        self.at = self.sift.pass(&self.settings, portion, &mut shared);
        self
    }

    /// The messages of all batches so far.
    fn messages(&mut self) -> Vec<String> {
        self.lane.seal();
        let mut list = vec![];
        while let Some(sealed) = self.lane.depart(0) {
            let body: Value = serde_json::from_slice(&sealed.body).unwrap();
            let counted: usize = body["logEvents"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["message"].as_str().unwrap().len() + 26)
                .sum();
            assert_eq!(counted, sealed.bytes, "bytes as the service counts them");
            list.extend(
                body["logEvents"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap().to_owned()),
            );
            self.lane.arrived();
        }
        list
    }

    fn objects(&mut self) -> Vec<Value> {
        self.messages().iter().map(|message| serde_json::from_str(message).unwrap()).collect()
    }
}

fn plain(select: Select) -> Settings {
    Settings { select, fold: false, format: Format::Text, ..Settings::default() }
}

#[test]
fn errors_go_with_the_lines_before_them_and_the_rest_stays() {
    let mut bench = Bench::new(plain(Select { context_lines: 2, ..Select::default() }));
    bench.write("INFO one\nINFO two\nINFO three\nERROR four\nDEBUG five\nWARN six\n", NOW);
    let messages: Vec<_> = bench.messages().into_iter().filter(|message| !message.contains("new_error_kind")).collect();
    assert_eq!(messages, ["INFO two", "INFO three", "ERROR four", "DEBUG five", "WARN six"]);
    assert_eq!((bench.tally.of(Count::Events), bench.tally.of(Count::Stayed)), (6, 4));
}

#[test]
fn an_event_carries_what_was_found_out_about_it() {
    let mut bench = Bench::new(Settings { service: "shop".into(), ..Settings::default() });
    bench.write("2026-11-21 13:13:20,123 ERROR [x] c.a.Shop - no \"pay\" trace_id=abcdef12\njava.io.IOException: a@b.com\n\tat com.acme.Shop.pay(Shop.java:1)\n", NOW);
    let objects = bench.objects();
    assert_eq!(objects.len(), 2);
    // The trace first, whole; then that it is the first of its kind.
    let (event, new) = (&objects[0], &objects[1]);
    assert_eq!((&new["event"], &new["class"]), (&"new_error_kind".into(), &"java.io.IOException".into()));
    assert_eq!(
        event["message"],
        "2026-11-21 13:13:20,123 ERROR [x] c.a.Shop - no \"pay\" trace_id=abcdef12\njava.io.IOException: [redacted email]\n\tat com.acme.Shop.pay(Shop.java:1)"
    );
    assert_eq!(
        (&event["level"], &event["service"], &event["source"]),
        (&"error".into(), &"shop".into(), &"app.log".into())
    );
    assert_eq!((&event["trace_id"], &event["kind"]), (&"abcdef12".into(), &new["kind"]));
}

#[test]
fn an_object_of_json_goes_as_it_is_but_redacted() {
    let mut bench = Bench::new(Settings { select: Select::all(), ..Settings::default() });
    bench.write("{\"level\":\"info\",\"password\":\"x1\"}\n", NOW);
    assert_eq!(bench.messages(), ["{\"level\":\"info\",\"password\":\"[redacted password]\"}"]);
}

#[test]
fn embedded_metrics_pass_untouched() {
    let line = r#"{"_aws":{"CloudWatchMetrics":[]},"password":"x1"}"#;
    let mut bench = Bench::new(Settings { select: Select { emf: true, ..Select::default() }, ..Settings::default() });
    assert_eq!(bench.write(&format!("{line}\n"), NOW).messages(), [line]);
}

#[test]
fn repeats_become_one_counted_line() {
    let mut bench =
        Bench::new(Settings { select: Select { context_lines: 0, ..Select::default() }, ..Settings::default() });
    for at in 0..413 {
        bench.write(&format!("ERROR x - order {at} lost\n"), NOW + at);
    }
    bench.write("INFO later\n", NOW + 60_000);
    let objects = bench.objects();
    assert_eq!(objects.len(), 3, "{objects:?}");
    assert_eq!(
        (&objects[0]["message"], &objects[1]["event"]),
        (&"ERROR x - order 0 lost".into(), &"new_error_kind".into())
    );
    assert_eq!(objects[2]["repeats"], 412);
    assert_eq!(objects[2]["message"], "repeated 412 times, last at 2026-11-21T13:13:29.412Z: order <n> lost");
    let errors: f64 =
        bench.tally.readings().0.iter().filter(|reading| reading.name == "errors").map(|reading| reading.value).sum();
    assert_eq!(errors, 413.0, "the metric counts every one");
}

#[test]
fn the_budget_of_a_day_is_a_named_loss_and_ends_at_midnight() {
    let mut bench = Bench::new(plain(Select::all()));
    bench.budget = Budget::new(Some(100), 0, 0);
    bench.write("INFO one\nINFO two\nINFO three\nINFO four\n", NOW);
    let messages = bench.messages();
    assert_eq!((messages.len(), bench.tally.of(Count::LostBudget)), (3, 2), "{messages:?}");
    assert!(messages[2].contains("log_budget_spent"));
    bench.write("INFO five\n", NOW + 86_400_000);
    assert_eq!(bench.messages(), ["INFO five"]);
}

#[test]
fn a_time_in_the_future_is_mended_and_counted() {
    let mut bench = Bench::new(plain(Select::all()));
    bench.write("2026-11-21 22:13:29 a zone that nobody named\n", NOW);
    assert_eq!((bench.messages().len(), bench.tally.of(Count::TimeMended)), (1, 1));
}

#[test]
fn a_message_that_escapes_make_too_long_goes_in_pieces() {
    let mut bench = Bench::new(Settings { select: Select::all(), fold: false, ..Settings::default() });
    let text = "\u{1}".repeat(200_000);
    bench.write(&format!("{text}\n"), NOW);
    let whole: String = bench.objects().iter().map(|object| object["message"].as_str().unwrap().to_owned()).collect();
    assert_eq!(whole, text);
}

#[test]
fn the_rest_of_an_event_that_was_cut_shares_its_fate_and_a_mark_says_so() {
    let select = Select { context_lines: 0, ..Select::default() };
    let mut bench = Bench::new(Settings { event_max: 64, select, ..Settings::default() });
    let (line, other) = (format!("ERROR x - {}end", "lost ".repeat(40)), "fine ".repeat(40));
    bench.write(&format!("INFO {other}\n{line}\nINFO {other} ERROR\n{line}\n"), NOW);
    let objects: Vec<_> = bench.objects().into_iter().filter(|object| object["event"].is_null()).collect();
    let texts: Vec<_> = objects.iter().map(|object| object["message"].as_str().unwrap()).collect();
    assert_eq!(texts.concat(), line, "once, whole; the second is a repeat, with all its pieces");
    assert!(objects.iter().all(|object| object["level"] == "error" && object["kind"] == objects[0]["kind"]));
    let cut: Vec<_> = objects.iter().map(|object| object["cut"] == true).collect();
    assert_eq!((cut.len(), cut.iter().filter(|cut| **cut).count(), cut.last()), (4, 3, Some(&false)));
    let errors = bench.tally.readings().0.into_iter().filter(|reading| reading.name == "errors");
    assert_eq!(errors.map(|reading| reading.value).sum::<f64>(), 2.0);
    let mut bench = Bench::new(Settings { event_max: 64, ..plain(Select::all()) });
    assert!(bench.write(&format!("{other}\n"), NOW).messages()[0].ends_with(" [cut]"));
}

#[test]
fn holes_and_bytes_that_are_no_text_are_counted() {
    let mut bench = Bench::new(plain(Select::all()));
    bench.text = b"\0\0\0ERROR a\xFFb\0c\n".to_vec();
    bench.write("", NOW);
    assert_eq!(bench.messages().first().map(String::as_str), Some("ERROR a\u{FFFD}bc"));
    assert_eq!((bench.tally.of(Count::Invalid), bench.tally.of(Count::Nul)), (1, 1));
}

proptest! {
    /// Selected all and folded nothing, what goes is what was written, line by line.
    #[test]
    fn nothing_is_lost_on_the_way(lines in prop::collection::vec("[a-zA-Z0-9 가\"\\\\\t]{0,30}[a-z]", 1..40)) {
        let mut bench = Bench::new(plain(Select::all()));
        let text = lines.join("\n") + "\n";
        bench.write(&text, NOW);
        prop_assert_eq!(bench.messages().join("\n"), lines.join("\n"));
    }
}
