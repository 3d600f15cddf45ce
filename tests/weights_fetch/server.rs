//! An HTTP/1.1 server on loopback: a thread a connection, files with ranges, and a hook through which a
//! test makes it misbehave.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The path, as `/a/b`.
    pub(crate) path: String,
    /// First and last byte.
    pub(crate) range: Option<(u64, u64)>,
    pub(crate) if_range: Option<String>,
    /// Whether it came through this server as a proxy.
    pub(crate) through_proxy: bool,
}

/// What it gets.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// The connection is cut after so many bytes of the body.
    pub(crate) cut_after: Option<u64>,
    /// After so many bytes of the body nothing more comes, and the connection stays open.
    pub(crate) stall_after: Option<u64>,
    /// The byte at this place of the body is another one.
    pub(crate) wrong_byte: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// From the first byte up to the second, which is not included.
    File(Arc<File>, u64, u64),
    Bytes(Vec<u8>),
}

impl Body {
    fn bytes(&self) -> u64 {
        match self {
            Self::File(_, begin, end) => end - begin,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    fn piece(&self, at: u64, buffer: &mut Vec<u8>) {
        const LARGEST: u64 = 32 << 10;
        let bytes = (self.bytes() - at).min(LARGEST);
        buffer.resize(bytes as usize, 0);
        match self {
            Self::File(file, begin, _) => file.read_exact_at(buffer, begin + at).unwrap(),
            Self::Bytes(all) => buffer.copy_from_slice(&all[at as usize..(at + bytes) as usize]),
        }
    }
}

impl Answer {
    /// An answer without a file.
    pub(crate) fn plain(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Bytes(body.into()),
            cut_after: None,
            stall_after: None,
            wrong_byte: None,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }
}

/// Changes an answer before it is sent.
type Hook = Box<dyn FnMut(&Asked, Answer) -> Answer + Send>;

struct Shared {
    files: Mutex<Vec<(String, Arc<File>, String)>>,
    hook: Mutex<Hook>,
    asked: Mutex<Vec<Asked>>,
    body_bytes: AtomicU64,
    ended: AtomicBool,
}

/// A running server; ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            files: Mutex::default(),
            hook: Mutex::new(Box::new(|_, answer| answer)),
            asked: Mutex::default(),
            body_bytes: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                if of_thread.ended.load(Ordering::SeqCst) {
                    return;
                }
                let of_connection = Arc::clone(&of_thread);
                std::thread::spawn(move || serve(&connection.unwrap(), &of_connection));
            }
        });
        Self { address, shared }
    }

    /// `http://127.0.0.1:1234`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves the file at `from` under `path`; `etag` with its quotes.
    pub(crate) fn serve(&self, path: &str, from: &Path, etag: &str) {
        let file = Arc::new(File::open(from).unwrap());
        let mut files = self.shared.files.lock().unwrap();
        files.retain(|(known, _, _)| known != path);
        files.push((path.to_owned(), file, etag.to_owned()));
    }

    /// From now on every answer passes through `hook`.
    pub(crate) fn tamper(&self, hook: impl FnMut(&Asked, Answer) -> Answer + Send + 'static) {
        *self.shared.hook.lock().unwrap() = Box::new(hook);
    }

    /// From now on it behaves.
    pub(crate) fn behave(&self) {
        self.tamper(|_, answer| answer);
    }

    /// Bytes of bodies that were sent so far.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.shared.body_bytes.load(Ordering::SeqCst)
    }

    /// Everything that was asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut connection: &TcpStream, shared: &Shared) {
    // Or what is sent in two steps waits for the client to acknowledge the first.
    connection.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut through_proxy = false;
    while let Some(lines) = head(&mut reader) {
        let mut words = lines[0].split(' ');
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if method == "CONNECT" {
            through_proxy = true;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            continue;
        }
        let header = |name: &str| {
            lines.iter().skip(1).find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let range = header("range").and_then(|range| {
            let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
            Some((first.parse().ok()?, last.parse().ok()?))
        });
        let absolute = target.strip_prefix("http://");
        let asked = Asked {
            path: absolute.map_or(target.to_owned(), |rest| {
                rest[rest.find('/').unwrap()..].to_owned()
            }),
            range,
            if_range: header("if-range"),
            through_proxy: through_proxy || absolute.is_some(),
        };
        shared.asked.lock().unwrap().push(asked.clone());
        let answer = usual(shared, &asked);
        let answer = (shared.hook.lock().unwrap())(&asked, answer);
        if !send(connection, &answer, shared) {
            let _ = connection.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// The lines of a request's head; `None` where the connection ended.
fn head(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

/// What a server that behaves answers.
fn usual(shared: &Shared, asked: &Asked) -> Answer {
    let files = shared.files.lock().unwrap();
    let Some((_, file, etag)) = files.iter().find(|(path, _, _)| *path == asked.path) else {
        return Answer::plain(404, "not here");
    };
    let total = file.metadata().unwrap().len();
    let of_file = |status, begin, end| Answer {
        body: Body::File(Arc::clone(file), begin, end),
        ..Answer::plain(status, "")
            .with("ETag", etag)
            .with("Content-Type", "application/octet-stream")
    };
    match asked.range {
        Some(_) if asked.if_range.as_ref().is_some_and(|known| known != etag) => {
            of_file(200, 0, total)
        }
        Some((first, _)) if first >= total => {
            Answer::plain(416, "").with("Content-Range", &format!("bytes */{total}"))
        }
        Some((first, last)) => {
            let end = total.min(last + 1);
            let range = format!("bytes {first}-{}/{total}", end - 1);
            of_file(206, first, end).with("Content-Range", &range)
        }
        None => of_file(200, 0, total),
    }
}

/// False where the connection cannot be used any more.
fn send(mut connection: &TcpStream, answer: &Answer, shared: &Shared) -> bool {
    let mut head = format!("HTTP/1.1 {} Status\r\n", answer.status);
    if !answer
        .headers
        .iter()
        .any(|(name, _)| *name == "Content-Length")
    {
        let _ = write!(head, "Content-Length: {}\r\n", answer.body.bytes());
    }
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if connection.write_all((head + "\r\n").as_bytes()).is_err() {
        return false;
    }
    let ends = [answer.cut_after, answer.stall_after];
    let end = ends
        .into_iter()
        .flatten()
        .fold(answer.body.bytes(), u64::min);
    let mut at = 0;
    let mut piece = Vec::new();
    while at < end {
        answer.body.piece(at, &mut piece);
        piece.truncate((end - at) as usize);
        if let Some(wrong) = answer
            .wrong_byte
            .filter(|wrong| (at..at + piece.len() as u64).contains(wrong))
        {
            piece[(wrong - at) as usize] ^= 0x10;
        }
        // Counted before: whoever has read it may ask at once.
        let bytes = piece.len() as u64;
        shared.body_bytes.fetch_add(bytes, Ordering::SeqCst);
        if connection.write_all(&piece).is_err() {
            shared.body_bytes.fetch_sub(bytes, Ordering::SeqCst);
            return false;
        }
        at += bytes;
    }
    if answer.stall_after.is_some() {
        while !shared.ended.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        return false;
    }
    // Where the head promised another length, only the end of the connection shows where the body ends.
    end == answer.body.bytes()
        && !answer
            .headers
            .iter()
            .any(|(name, _)| *name == "Content-Length")
}
