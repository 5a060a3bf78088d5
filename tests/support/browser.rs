//! A real Chromium, told what to do over two pipes by its own protocol: no driver program, no port, no download.
//!
//! It does what a person does (looks, clicks, writes, switches scripts off), and remembers what a person does not see:
//! every request it made, and whatever it complained of. It asks nobody but the page that is tested.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Process;

/// How long anything on a page may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

const LOADED: &str = "Page.loadEventFired";

/// Chromium with one page open.
#[derive(Debug)]
pub struct Browser {
    orders: File,
    answers: BufReader<File>,
    session: String,
    number: u64,
    seen: VecDeque<Value>,
    width: u32,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// `None` where there is no Chromium; the caller says that it skips.
    pub fn start() -> Option<Self> {
        let is_there = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        is_there.ok().filter(std::process::ExitStatus::success)?;
        let folder = tempfile::tempdir().expect("a folder");
        let (orders, answers) = (folder.path().join("orders"), folder.path().join("answers"));
        let made =
            Command::new("mkfifo").args([&orders, &answers]).status().expect("mkfifo is among the core utilities");
        assert!(made.success(), "mkfifo: {made}");
        let mut command = Command::new("sh");
        // The sandbox wants rights that a container or root does not have; what is shown is ours alone.
        command.args([
            "-c",
            "exec chromium --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
             --disable-dev-shm-usage --hide-scrollbars --remote-debugging-pipe --user-data-dir=\"$2\" \
             3<\"$0\" 4>\"$1\"",
        ]);
        command.arg(&orders).arg(&answers).arg(folder.path().join("profile"));
        let process = Process::start("chromium", command, &folder.path().join("out"));
        let orders = File::options().write(true).open(&orders).expect("chromium reads");
        let answers = BufReader::new(File::open(&answers).expect("chromium writes"));
        let (session, seen) = (String::new(), VecDeque::new());
        let mut browser =
            Self { orders, answers, session, number: 0, seen, width: 0, _process: process, _folder: folder };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        attached["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        for domain in ["Page.enable", "Network.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, &json!({}));
        }
        browser.size(1_280, 900);
        Some(browser)
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let mut order = json!({ "id": self.number, "method": method, "params": params });
        if !self.session.is_empty() {
            order["sessionId"] = self.session.as_str().into();
        }
        let mut text = order.to_string().into_bytes();
        text.push(0);
        self.orders.write_all(&text).expect("chromium reads");
        loop {
            let mut message = self.next();
            if message["id"] == self.number {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            self.seen.push_back(message);
        }
    }

    fn next(&mut self) -> Value {
        let mut text = Vec::new();
        self.answers.read_until(0, &mut text).expect("chromium speaks");
        assert!(text.pop() == Some(0), "chromium has ended");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// As wide as a phone (390) or a desk's screen.
    pub fn size(&mut self, width: u32, height: u32) {
        self.width = width;
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &params);
    }

    pub fn scripts(&mut self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": !run }));
    }

    /// Opens an address, and waits until it is loaded.
    pub fn open(&mut self, address: &str) {
        self.seen.retain(|message| message["method"] != LOADED);
        self.call("Page.navigate", &json!({ "url": address }));
        self.loaded();
    }

    /// Waits for the page that is on its way.
    pub fn loaded(&mut self) {
        let is_loaded = |message: &Value| message["method"] == LOADED;
        if let Some(at) = self.seen.iter().position(is_loaded) {
            self.seen.remove(at);
            return;
        }
        loop {
            let message = self.next();
            if is_loaded(&message) {
                return;
            }
            self.seen.push_back(message);
        }
    }

    /// What a script of ours comes to. The page's own policy does not hold for it.
    pub fn eval(&mut self, script: &str) -> Value {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let mut result = self.call("Runtime.evaluate", &params);
        assert!(result["exceptionDetails"].is_null(), "{script:.120}: {result}");
        result["result"]["value"].take()
    }

    /// Waits until a script says `true`.
    pub fn until(&mut self, script: &str) {
        let begun = Instant::now();
        while self.eval(script) != true {
            assert!(begun.elapsed() < PATIENCE, "it never came to be: {script}");
            std::thread::sleep(POLL);
        }
    }

    /// With the mouse, in the middle of the first element that the selector picks.
    pub fn click(&mut self, selector: &str) {
        let found = self.eval(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); if (!it) return null; \
             it.scrollIntoView({{ block: 'center' }}); const at = it.getBoundingClientRect(); \
             return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        ));
        assert!(found.is_array(), "nothing to click at: {selector}");
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": found[0], "y": found[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &params);
        }
    }

    /// A key by its name, as a finger would: `Tab`, `Shift+Tab`, `Enter`, `Space`, `ArrowDown`.
    pub fn press(&mut self, key: &str) {
        let (modifiers, key) = key.strip_prefix("Shift+").map_or((0, key), |key| (8, key));
        let (name, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Space" => (" ", 32, " "),
            "ArrowDown" => ("ArrowDown", 40, ""),
            other => panic!("no finger knows {other}"),
        };
        let press = json!({ "key": name, "code": key, "windowsVirtualKeyCode": number, "modifiers": modifiers });
        for (kind, text) in [("keyDown", text), ("keyUp", "")] {
            let mut params = press.clone();
            params["type"] = kind.into();
            params["text"] = text.into();
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// Writes where the cursor stands.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Addresses that were asked for since this was last asked.
    pub fn requests(&mut self) -> Vec<String> {
        let asked = self.take("Network.requestWillBeSent");
        asked.iter().filter_map(|event| event["request"]["url"].as_str().map(str::to_owned)).collect()
    }

    /// What it complained of since this was last asked: scripts that broke off, what the policy forbade.
    pub fn complaints(&mut self) -> Vec<String> {
        let thrown =
            self.take("Runtime.exceptionThrown").into_iter().map(|event| event["exceptionDetails"].to_string());
        let logged = self.take("Log.entryAdded").into_iter().filter(|event| event["entry"]["level"] == "error");
        thrown.chain(logged.map(|event| event["entry"]["text"].to_string())).collect()
    }

    fn take(&mut self, method: &str) -> Vec<Value> {
        // Whatever is on its way comes before the answer to this.
        self.eval("0");
        let every = self.seen.drain(..);
        let (taken, left): (VecDeque<Value>, _) = every.partition(|message| message["method"] == method);
        self.seen = left;
        taken.into_iter().map(|mut event| event["params"].take()).collect()
    }

    /// The page as it is, as PNG; a longer one is cut.
    pub fn picture(&mut self, file: &Path, height_max: u32) {
        let height =
            self.eval("document.documentElement.scrollHeight").as_f64().unwrap_or(0.0).min(f64::from(height_max));
        let clip = json!({ "x": 0, "y": 0, "width": self.width, "height": height, "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.call("Page.captureScreenshot", &params);
        let bytes = decoded(taken["data"].as_str().expect("a picture"));
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// Base64, as the protocol has it.
fn decoded(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut out, mut held, mut bits) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0);
    for digit in digits {
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_read() {
        assert_eq!(super::decoded("U3Rvcm1nbGFzcw=="), b"Stormglass");
        assert_eq!(super::decoded("/+8="), [0xff, 0xef]);
    }
}
