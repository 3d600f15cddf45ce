//! An event file that `TensorBoard` reads: losses as scalars, snapshots as pictures. Whoever records runs it.
//!
//! The file is a sequence of records (`TFRecord`: length, checksum, data, checksum), each an `Event` message of
//! tensorflow/core/util/event.proto, of which only the fields that are written here are declared.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use prost::Message;

use super::growing::GrowingFile;

/// While nothing can be written, so much waits in memory.
const MOST_WAITING_BYTES: usize = 64 << 20;

/// `Event`
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    /// In the first event only.
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    session_log: Option<SessionLog>,
}

/// `Summary`
#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

/// `Summary.Value`
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    /// `simple_value`
    #[prost(float, optional, tag = "2")]
    number: Option<f32>,
    #[prost(message, optional, tag = "4")]
    image: Option<Image>,
}

/// `Summary.Image`
#[derive(Clone, PartialEq, Message)]
struct Image {
    #[prost(int32, tag = "1")]
    height: i32,
    #[prost(int32, tag = "2")]
    width: i32,
    /// 3 is RGB.
    #[prost(int32, tag = "3")]
    colorspace: i32,
    #[prost(bytes = "vec", tag = "4")]
    encoded_image_string: Vec<u8>,
}

/// `SessionLog`
#[derive(Clone, PartialEq, Message)]
struct SessionLog {
    /// 1 is a start: what was said of this step and later ones counts no more.
    #[prost(int32, tag = "1")]
    status: i32,
}

/// Puts events at the end of a file.
#[derive(Debug)]
pub(super) struct TensorBoardWriter {
    file: GrowingFile,
    /// Whole records that are not in the file yet.
    waiting: Vec<u8>,
}

impl TensorBoardWriter {
    /// A file in `folder` whose name says that it is one, and when and by which process it was begun.
    pub(super) fn new(folder: &Path, now: Timestamp, process: u32) -> Self {
        let name = format!(
            "events.out.tfevents.{}.stylescope.{process}",
            now.as_second()
        );
        let mut writer = Self {
            file: GrowingFile::new(folder.join(name), 0),
            waiting: Vec::new(),
        };
        writer.keep(&Event {
            wall_time: seconds(now),
            file_version: Some("brain.Event:2".to_owned()),
            ..Event::default()
        });
        writer
    }

    /// Named numbers at a step.
    pub(super) fn scalars(
        &mut self,
        now: Timestamp,
        step: u64,
        values: impl IntoIterator<Item = (String, f32)>,
    ) {
        let value = values.into_iter().map(|(tag, value)| Value {
            tag,
            number: Some(value),
            image: None,
        });
        self.say(now, step, value.collect());
    }

    /// A picture, encoded as PNG, at a step.
    pub(super) fn picture(
        &mut self,
        now: Timestamp,
        step: u64,
        png: Vec<u8>,
        (width, height): (u32, u32),
    ) {
        let image = Image {
            height: height as i32,
            width: width as i32,
            colorspace: 3,
            encoded_image_string: png,
        };
        let value = Value {
            tag: "picture".to_owned(),
            number: None,
            image: Some(image),
        };
        self.say(now, step, vec![value]);
    }

    /// What was said of `step` and later ones counts no more: the run has gone back.
    pub(super) fn went_back(&mut self, now: Timestamp, step: u64) {
        self.keep(&Event {
            wall_time: seconds(now),
            step: step as i64,
            session_log: Some(SessionLog { status: 1 }),
            ..Event::default()
        });
    }

    fn say(&mut self, now: Timestamp, step: u64, value: Vec<Value>) {
        self.keep(&Event {
            wall_time: seconds(now),
            step: step as i64,
            summary: Some(Summary { value }),
            ..Event::default()
        });
    }

    fn keep(&mut self, event: &Event) {
        if self.waiting.len() < MOST_WAITING_BYTES {
            let data = event.encode_to_vec();
            let length = (data.len() as u64).to_le_bytes();
            self.waiting.extend(length);
            self.waiting.extend(checksum(&length).to_le_bytes());
            self.waiting.extend(&data);
            self.waiting.extend(checksum(&data).to_le_bytes());
        }
    }

    /// Puts what waits into the file.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.append(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }
}

fn seconds(now: Timestamp) -> f64 {
    now.as_microsecond() as f64 / 1e6
}

/// `TFRecord`'s: a CRC-32C, turned and moved so that the checksum of data with checksums inside is no special one.
fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file, after checking every checksum.
    fn events(mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_at(8);
            let (length_checksum, rest) = rest.split_at(4);
            assert_eq!(length_checksum, checksum(length).to_le_bytes());
            let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            let (data, rest) = rest.split_at(length);
            let (data_checksum, rest) = rest.split_at(4);
            assert_eq!(data_checksum, checksum(data).to_le_bytes());
            events.push(Event::decode(data).unwrap());
            bytes = rest;
        }
        events
    }

    #[test]
    fn the_checksum_is_that_of_tensorflow() {
        // tensorboard.compat.tensorflow_stub.pywrap_tensorflow.masked_crc32c(struct.pack("<Q", 24))
        assert_eq!(checksum(&24_u64.to_le_bytes()), 0x224b_7fa3);
    }

    #[test]
    fn records_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(1_795_472_113).unwrap();
        let mut writer = TensorBoardWriter::new(folder.path(), now, 7);
        writer.scalars(
            now,
            3,
            [("loss/total".to_owned(), 0.5), ("a".to_owned(), 2.0)],
        );
        writer.flush().unwrap();
        writer.picture(now, 4, vec![1, 2, 3], (30, 20));
        writer.went_back(now, 2);
        writer.flush().unwrap();
        let path = folder
            .path()
            .join("events.out.tfevents.1795472113.stylescope.7");
        let events = events(&std::fs::read(path).unwrap());
        assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
        assert!((events[0].wall_time - 1_795_472_113.0).abs() < 1e-6);
        let summary = events[1].summary.as_ref().unwrap();
        assert_eq!((events[1].step, summary.value.len()), (3, 2));
        assert_eq!(summary.value[0].number, Some(0.5));
        let image = events[2].summary.as_ref().unwrap().value[0]
            .image
            .as_ref()
            .unwrap();
        assert_eq!((image.width, image.height), (30, 20));
        assert_eq!(
            (
                events[3].step,
                events[3].session_log.as_ref().unwrap().status
            ),
            (2, 1)
        );
    }
}
