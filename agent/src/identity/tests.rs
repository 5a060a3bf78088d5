//! Against a metadata service that answers over a real socket.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use alarm::sheet::{self, Faults};

use super::*;

const DOCUMENT: &str = r#"{"accountId":"111122223333","architecture":"x86_64","availabilityZone":"eu-west-1b",
    "imageId":"ami-0abc","instanceId":"i-0123456789abcdef0","instanceType":"t3.small","region":"eu-west-1"}"#;

/// Serves the paths for ever, version 2 only; gives its endpoint.
fn service(paths: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, paths)));
    endpoint
}

fn serve(mut stream: TcpStream, paths: &[(&str, &str)]) {
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_ascii_lowercase()).collect();
    let has = |header: &str| headers.iter().any(|line| line == header);
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/latest/");
    let body = match first.split(' ').next() {
        Some("PUT") if path == "api/token" && has("x-aws-ec2-metadata-token-ttl-seconds: 60") => Ok("T0KEN=="),
        Some("GET") if !has("x-aws-ec2-metadata-token: t0ken==") => Err("401 Unauthorized"),
        Some("GET") => paths.iter().find(|(known, _)| *known == path).map(|(_, body)| *body).ok_or("404 Not Found"),
        _ => Err("405 Not Allowed"),
    };
    let (status, body) = body.map_or_else(|status| (status, ""), |body| ("200 OK", body));
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

fn settings(endpoint: String) -> Settings {
    Settings { endpoint: Some(endpoint), host: Some("web-1".into()), ..Settings::default() }
}

fn said(dimensions: &Dimensions) -> String {
    dimensions.to_string()
}

#[test]
fn an_instance_of_a_group() {
    let endpoint = service(&[
        ("dynamic/instance-identity/document", DOCUMENT),
        ("meta-data/tags/instance/", "Name\nmy team\naws:autoscaling:groupName"),
        ("meta-data/tags/instance/Name", "shop"),
        ("meta-data/tags/instance/my%20team", "checkout"),
        ("meta-data/tags/instance/aws:autoscaling:groupName", "shop-asg"),
        ("meta-data/iam/security-credentials/", "shop-role"),
    ]);
    let mut settings = settings(endpoint);
    settings.tags = BTreeMap::from([("Team".into(), "my team".into()), ("Other".into(), "none".into())]);
    settings.environment = BTreeMap::from([("Stage".into(), "STAGE".into()), ("Empty".into(), "EMPTY".into())]);
    let identity = find(&settings);
    assert_eq!(identity.remarks, Vec::<String>::new());
    let instance = identity.instance.as_ref().expect("answered");
    assert_eq!((instance.region.as_str(), instance.account.as_str()), ("eu-west-1", "111122223333"));
    let variable = |name: &str| (name == "STAGE").then(|| "prod".to_owned());
    assert_eq!(
        said(&identity.dimensions(&settings, variable)),
        "AutoScalingGroupName=shop-asg,ImageId=ami-0abc,InstanceId=i-0123456789abcdef0,InstanceType=t3.small,Stage=prod,\
         Team=checkout"
    );
    assert!(!identity.is_lightsail_trap);
}

#[test]
fn tags_that_are_not_allowed_are_explained() {
    let settings = settings(service(&[("dynamic/instance-identity/document", DOCUMENT)]));
    let identity = find(&settings);
    assert_eq!(identity.remarks.len(), 1);
    assert!(identity.remarks[0].contains("--instance-metadata-tags enabled"), "{:?}", identity.remarks);
    let dimensions = identity.dimensions(&settings, |_| None);
    assert_eq!(dimensions.get("AutoScalingGroupName"), None);
    assert_eq!(dimensions.get("InstanceId"), Some("i-0123456789abcdef0"));
}

#[test]
fn the_trap_of_lightsail() {
    let endpoint = service(&[
        ("dynamic/instance-identity/document", DOCUMENT),
        ("meta-data/tags/instance/", ""),
        ("meta-data/iam/security-credentials/", LIGHTSAIL_ROLE),
    ]);
    let identity = find(&settings(endpoint));
    assert!(identity.is_lightsail_trap);
    assert_eq!(identity.remarks, [LIGHTSAIL_ADVICE]);
}

#[test]
fn nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let settings = settings(endpoint);
    let identity = find(&settings);
    assert_eq!((identity.host.as_str(), &identity.instance, identity.remarks.len()), ("web-1", &None, 1));
    assert_eq!(said(&identity.dimensions(&settings, |_| None)), "host=web-1");
    let refused = Refusal::Unreached(std::io::ErrorKind::TimedOut.into());
    assert!(unreached(&refused, true).contains("--http-put-response-hop-limit 2"));
    assert!(!unreached(&refused, false).contains("hop"));
}

#[test]
fn an_answer_of_nonsense_is_named() {
    let identity = find(&settings(service(&[("dynamic/instance-identity/document", "<html>")])));
    assert!(identity.instance.is_none());
    assert!(identity.remarks[0].starts_with("the instance identity document cannot be read: "));
}

#[test]
fn no_cloud_at_all_is_fine() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(!may_be_ec2(folder.path()));
    std::fs::create_dir_all(folder.path().join("class/dmi/id")).expect("made");
    std::fs::write(folder.path().join("class/dmi/id/sys_vendor"), "Amazon EC2\n").expect("written");
    assert!(may_be_ec2(folder.path()));
    let identity = find(&Settings { metadata: false, ..Settings::default() });
    assert!(!identity.host.is_empty() && identity.remarks.is_empty());
}

#[test]
fn settings_with_faults() {
    let text = "append = ['InstanceID']\n";
    let said = sheet::read::<Raw>("x.toml", text).expect_err("a fault").to_string();
    assert!(said.contains("did you mean `InstanceId`?"), "{said}");
    let text = "host = ''\nendpoint = 'https://x'\n";
    let mut faults = Faults::new("x.toml", text);
    sheet::read::<Raw>("x.toml", text).expect("well formed").check(&mut faults);
    assert_eq!(faults.iter().len(), 2, "{faults}");
}
