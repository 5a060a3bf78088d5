//! A subscriber by HTTP.

use std::sync::{Arc, Mutex};

/// A webhook that writes down what it was sent and answers what it is told to.
#[derive(Debug)]
pub struct Webhook {
    pub address: String,
    got: Arc<Mutex<Vec<(String, String)>>>,
    status: Arc<Mutex<u16>>,
}

impl Webhook {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let got: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let status = Arc::new(Mutex::new(200));
        let (heard, said) = (Arc::clone(&got), Arc::clone(&status));
        // It ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&stream);
                let status = *said.lock().expect("alone");
                heard.lock().expect("alone").push(request);
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = std::io::Write::write_all(&mut &stream, answer.as_bytes());
            }
        });
        Self { address, got, status }
    }

    pub fn answers(&self, status: u16) {
        *self.status.lock().expect("alone") = status;
    }

    /// Path and body of what came since it was asked last.
    pub fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.got.lock().expect("alone"))
    }
}

/// Path and body of one request.
fn read(stream: &std::net::TcpStream) -> (String, String) {
    use std::io::{BufRead, BufReader, Read};
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    (path, String::from_utf8_lossy(&body).into_owned())
}
