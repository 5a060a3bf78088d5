//! Kinds of errors in every language, and what is no part of them.

use super::*;

#[track_caller]
fn check(event: &str, class: &str, frame: &str, message: &str) {
    let kind = Kind::of(event.as_bytes(), true, &Own::default());
    assert_eq!((kind.class.as_str(), kind.frame.as_str(), kind.message.as_str()), (class, frame, message), "{event}");
}

#[test]
fn the_innermost_cause_and_the_first_frame_of_ones_own() {
    check(
        "2026-11-21 13:13:29 ERROR [x] c.a.Shop - failed\ncom.acme.PayException: cannot\n\tat com.acme.Shop.pay(Shop.java:10)\n\
         Caused by: java.sql.SQLException: no row 17 for 'bob'\n\tat com.mysql.Driver.x(Driver.java:1)\n\tat com.acme.Db.run(Db.java:5)\n\t... 3 more\n",
        "java.sql.SQLException",
        "com.acme.Db.run",
        "no row <n> for <text>",
    );
    // A cause without a frame of one's own: the trace around it has one.
    check(
        "com.acme.PayException: cannot\n\tat com.acme.Shop.lambda$pay$3(Shop.java:10)\nCaused by: java.io.EOFException\n\tat java.base/java.io.X.y(X.java:1)\n",
        "java.io.EOFException",
        "com.acme.Shop",
        "",
    );
    check(
        "Exception in thread \"main\" java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n",
        "java.lang.NullPointerException",
        "a.B.c",
        "",
    );
}

#[test]
fn every_language() {
    check(
        "Traceback (most recent call last):\n  File \"/srv/app.py\", line 3, in run\n    pay()\n  File \"/usr/lib/python3/x.py\", line 1, in y\nKeyError: 'id'\n",
        "KeyError",
        "app.py:run",
        "<text>",
    );
    check(
        "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nruntime.x()\n\t/usr/local/go/a.go:1\nmain.(*Server).handle(0xc0, {0x1})\n\t/srv/main.go:12 +0x1d\n",
        "panic",
        "main.(*Server).handle",
        "runtime error: index out of range [<n>] with length <n>",
    );
    check(
        "thread 'main' panicked at src/main.rs:2:5:\nindex is 9\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/a/b.rs:1:1\n   1: shop::pay\n             at ./src/main.rs:2:5\n",
        "panic",
        "shop::pay",
        "index is <n>",
    );
    check(
        "TypeError: no x of 12\n    at node:internal/x:1:1\n    at pay (/app/index.js:3:9)\n",
        "TypeError",
        "index.js:pay",
        "no x of <n>",
    );
    check(
        "PHP Fatal error:  Uncaught RuntimeException: no in /srv/index.php:3\nStack trace:\n#0 /srv/vendor/x.php(1): y()\n#1 /srv/index.php(12): pay()\n#2 {main}\n",
        "RuntimeException",
        "index.php:pay",
        "no",
    );
    check("app.rb:1:in `pay': no (RuntimeError)\n\tfrom app.rb:5:in `<main>'\n", "RuntimeError", "app.rb:pay", "no");
    check(
        "Unhandled exception. System.InvalidOperationException: outer\n ---> System.IO.IOException: inner 5\n   at Shop.Db.Run() in /srv/Db.cs:line 5\n   --- End of inner exception stack trace ---\n",
        "System.IO.IOException",
        "Shop.Db.Run",
        "inner <n>",
    );
    check(
        "{\"level\":\"error\",\"stack_trace\":\"a.BException: x\\n\\tat com.acme.C.d(C.java:1)\\n\"}",
        "a.BException",
        "com.acme.C.d",
        "x",
    );
}

#[test]
fn variables_are_no_part_of_a_kind() {
    let same = |one: &str, two: &str| {
        let kind = |line: &str| Kind::of(line.as_bytes(), false, &Own::default()).hash;
        assert_eq!(kind(one), kind(two), "{one} / {two}");
    };
    same(
        "2026-11-21 13:13:29 ERROR [http-1] c.a.Shop - order 17 lost for \"bob\"",
        "2026-11-22 01:00:00 ERROR [http-9] c.a.Shop - order 1234 lost for \"eve smith\"",
    );
    same(
        "ERROR x - session 550e8400-e29b-41d4-a716-446655440000 gone",
        "ERROR x - session 123e4567-e89b-12d3-a456-426614174000 gone",
    );
    same("ERROR x - no route to 10.0.0.1:8080", "ERROR x - no route to 192.168.1.20:9000");
    same("ERROR x - at 0x7f0012ab worker-7", "ERROR x - at 0xdeadbeef worker-12");
    same("{\"level\":\"error\",\"msg\":\"took 5 ms\",\"t\":1}", "{\"level\":\"error\",\"msg\":\"took 77 ms\",\"t\":2}");
    let other = |line: &str| Kind::of(line.as_bytes(), false, &Own::default()).hash;
    assert_ne!(other("ERROR x - cannot pay"), other("ERROR x - cannot ship"));
}

#[test]
fn a_kind_has_the_same_name_for_ever() {
    assert_eq!(Kind::of(b"ERROR x - cannot pay", false, &Own::default()).id(), "7c14d7c14491bbdb");
}

#[test]
fn packages_of_ones_own() {
    let own = Own::new(vec!["org.apache.shop".to_owned()]);
    let kind = Kind::of(b"a.BError: x\n\tat com.acme.C.d(C.java:1)\n\tat org.apache.shop.E.f(E.java:1)\n", true, &own);
    assert_eq!(kind.frame, "org.apache.shop.E.f");
    assert_eq!(kind.says(), "a.BError at org.apache.shop.E.f: x");
}

proptest::proptest! {
    #[test]
    fn any_bytes(data in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), trace: bool) {
        let kind = Kind::of(&data, trace, &Own::default());
        proptest::prop_assert!(kind.message.chars().count() <= MESSAGE_MAX);
    }
}
