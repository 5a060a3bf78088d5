//! What is taken out, and what is left.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expect: &str) {
    let out = Redact::default().apply(text.as_bytes());
    assert_eq!(String::from_utf8_lossy(&out), expect);
}

#[track_caller]
fn untouched(text: &str) {
    check(text, text);
}

#[test]
fn credentials() {
    check("id AKIAIOSFODNN7EXAMPLE used", "id [redacted aws_key] used");
    check(
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = [redacted aws_key]",
    );
    check("{\"SecretAccessKey\":\"wJalr/x+y\"}", "{\"SecretAccessKey\":\"[redacted aws_key]\"}");
    check("Authorization: Bearer abc.def-123", "Authorization: [redacted token]");
    check("sent bearer 0123456789abcdef ok", "sent bearer [redacted token] ok");
    check("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123 end", "jwt [redacted token] end");
    check("postgres://shop:hunter2@db:5432/x", "postgres://shop:[redacted url_password]@db:5432/x");
    check("redis://:p%40ss@cache/0 lost", "redis://:[redacted url_password]@cache/0 lost");
    check("password=hunter2&user=bob", "password=[redacted password]&user=bob");
    check("DB_PASSWORD='hunter 2' x", "DB_PASSWORD='[redacted password]' x");
    check(
        "{\"msg\":\"{\\\"password\\\":\\\"x1\\\"}\"}",
        "{\"msg\":\"{\\\"password\\\":\\\"[redacted password]\\\"}\"}",
    );
    check("client_secret: abcdefghi, next", "client_secret: [redacted password], next");
    check("t ghp_0123456789abcdefghij0123456789abcdef x", "t [redacted token] x");
    check("t xoxb-123456789012-abcdefghij x", "t [redacted token] x");
}

#[test]
fn a_private_key_goes_with_all_its_lines() {
    check(
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\nABC==\n-----END RSA PRIVATE KEY-----\nb",
        "a\n[redacted private_key]\nb",
    );
    check("-----BEGIN PRIVATE KEY-----\ncut off here", "[redacted private_key]");
    untouched("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----");
}

#[test]
fn cards_by_network_and_luhn() {
    check("card 4111111111111111 no", "card [redacted card] no");
    check("card 4111-1111-1111-1111.", "card [redacted card].");
    check("card 4111 1111 1111 1111", "card [redacted card]");
    check("amex 378282246310005", "amex [redacted card]");
    check("\"5555555555554444\"", "\"[redacted card]\"");
    // Wrong sum, an identifier, a time in milliseconds, a fraction.
    untouched("4111111111111112");
    untouched("order-4111111111111111 a4111111111111111");
    untouched("1763730809123 0.4111111111111111");
}

#[test]
fn people() {
    check("from bob.smith+x@mail.example.co.kr.", "from [redacted email].");
    check("주민번호 900101-1234568 확인", "주민번호 [redacted resident_number] 확인");
    check("9001011234568", "[redacted resident_number]");
    check("call 010-1234-5678 or 02-123-4567", "call [redacted phone] or [redacted phone]");
    check("+82-10-1234-5678, +821012345678, 01012345678", "[redacted phone], [redacted phone], [redacted phone]");
    check("010 1234 5678", "[redacted phone]");
    check("사업자 120-81-47521 등록", "사업자 [redacted business_number] 등록");
    untouched("9001011234567");
    untouched("901301-1234568");
    untouched("120-81-47522");
}

#[test]
fn the_ordinary_text_of_a_log_is_left_alone() {
    untouched(
        "2026-11-21 13:13:29,123 ERROR [http-nio-8080-exec-7] c.a.Shop - took 1234 ms for 550e8400-e29b-41d4-a716-446655440000",
    );
    untouched(
        "10.0.0.1 - - [21/Nov/2026:13:13:29 +0000] \"GET /a?page=2 HTTP/1.1\" 200 612 \"-\" \"Mozilla/5.0\" 0.003",
    );
    untouched("\tat com.acme.Shop$$Lambda/0x00007f1234567890@1a2b3c.run(Shop.java:10)");
    untouched("lodash@4.17.21 root@host http://host:8080/a@b");
    untouched("trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7");
    untouched("1763730809 1763730809123456789 200 612 0.003 0.002");
    untouched("Unexpected token: } at 3; password: null; monkey=banana");
    untouched("Basic authentication failed, bearer authentication too");
}

/// Marks stand in `corpus.txt` around what must go: whatever stands outside of them must be there afterwards.
#[test]
fn a_corpus_of_hits_and_of_what_looks_alike() {
    let redact = Redact::default();
    let (mut hits, mut alike, mut faults) = (0, 0, vec![]);
    for line in include_str!("corpus.txt").lines().filter(|line| !line.starts_with('#')) {
        let (kind, marked) = line.split_at(1);
        let text = marked.replace(['«', '»'], "");
        let mut spans = vec![];
        redact.find(text.as_bytes(), &mut spans);
        let found: Vec<_> = spans.iter().map(|span| &text[span.start..span.end]).collect();
        let expect: Vec<_> = marked.split('«').skip(1).filter_map(|part| part.split('»').next()).collect();
        assert_eq!(kind == "-", !expect.is_empty(), "{line}");
        if found != expect {
            faults.push(format!("{line}\n  found    {found:?}\n  expected {expect:?}"));
        }
        (hits, alike) = (hits + expect.len(), alike + usize::from(kind == "="));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(hits >= 40 && alike >= 15, "{hits} hits, {alike} lines that look alike");
}

#[test]
fn rules_of_ones_own_and_rules_switched_off() {
    let own = Own { name: "order".into(), pattern: Regex::new(r"ORD-\d+").unwrap(), contains: Some("ORD-".into()) };
    let redact = Redact::new(true, vec![What::Email], vec![own]);
    let out = redact.apply("ORD-12 of a@b.com password=ORD-77".as_bytes());
    assert_eq!(String::from_utf8_lossy(&out), "[redacted order] of a@b.com password=[redacted password]");
    assert_eq!(Redact::new(false, vec![], vec![]).apply(b"password=x"), b"password=x");
}

#[test]
fn every_rule_has_one_name() {
    for (what, name) in What::TABLE {
        assert_eq!((What::parse(name), Redact::default().name(*what)), (Some(*what), *name));
    }
}

/// What the one pass must find: every rule asked at every byte.
fn plain(text: &[u8]) -> Vec<Span> {
    let (mut spans, mut at, mut from): (Vec<Span>, _, _) = (vec![], 0, 0);
    while at < text.len() {
        let (found, next) = match text[at] {
            b'0'..=b'9' => {
                let token = numbers::Token::at(text, at);
                (token.judge(text), token.end)
            }
            b'=' | b':' => (secrets::after_key(text, from, at), at + 1),
            _ => (secrets::at_mark(text, from, at), at + 1),
        };
        at = next;
        if let Some(span) = found.filter(|span| span.start >= from && span.end > span.start) {
            at = span.end.max(at);
            from = span.end;
            spans.push(span);
        }
    }
    spans
}

#[track_caller]
fn as_plain(text: &str) {
    let mut spans = vec![];
    Redact::default().find(text.as_bytes(), &mut spans);
    assert_eq!(spans, plain(text.as_bytes()), "{text}");
}

#[test]
fn the_one_pass_finds_what_asking_everywhere_finds() {
    include_str!("corpus.txt").lines().for_each(|line| as_plain(&line.replace(['«', '»'], "")));
    for text in ["+41-44-123-45-67", "+41 44 123 45 67", "x 02-123-4567", "010.1234.5678", "+82 10-1234-5678 0x1"] {
        as_plain(text);
    }
}

proptest! {
    #[test]
    fn the_one_pass_finds_what_asking_everywhere_finds_in_numbers(text in "([0-9]{1,5}|[ .+-]|01[016]|4111|a|: ){0,24}") {
        as_plain(&text);
    }

    #[test]
    fn the_one_pass_finds_what_asking_everywhere_finds_in_words(
        text in "(pass(word|wd)|token|cookie|[=:]|[ \"'-]|--|eyJ|[a-zA-Z0-9]{1,9}|[@._/]|Bearer |sk-|xox[a-z]-|ghp_|AKIA[A-Z]{16}|-----BEGIN PRIVATE KEY){0,16}",
    ) {
        as_plain(&text);
    }

    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_redact(&data);
    }

    /// Bytes that the rules look for, in orders that they do not expect.
    #[test]
    fn bytes_near_the_rules(text in "[0-9 @:=A-Ja-e_./\"\\-+\\\\]{0,120}") {
        fuzz_redact(text.as_bytes());
    }

    #[test]
    fn a_card_never_survives(prefix in "[a-z ]{0,9} ", body in 0_u64..99_999_999_999, suffix in "( [a-z]{0,9})?") {
        let head = format!("4111{body:011}");
        let check = (0..10).find(|last| {
            let sum: u32 = format!("{head}{last}").bytes().rev().enumerate().map(|(at, digit)| {
                let value = u32::from(digit - b'0') << (at % 2);
                if value > 9 { value - 9 } else { value }
            }).sum();
            sum.is_multiple_of(10)
        }).unwrap();
        let card = format!("{head}{check}");
        let out = Redact::default().apply(format!("{prefix}{card}{suffix}").as_bytes());
        prop_assert!(memchr::memmem::find(&out, card.as_bytes()).is_none());
    }
}
