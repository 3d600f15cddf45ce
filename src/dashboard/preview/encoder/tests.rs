//! The thread, and what comes back from it.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::style::Color;

use super::*;
use crate::dashboard::preview::encode::Painted;
use crate::dashboard::preview::view::Subject;
use crate::engine::message::Region;

const SIZE: (u32, u32) = (40, 40);

fn plain(value: u8) -> Arc<RgbImage> {
    Arc::new(RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([value; 3])))
}

fn started() -> (Encoder, Receiver<Encoded>) {
    let colours = ColourSupport {
        colours: true,
        true_color: true,
        dark: true,
    };
    let (send, receive) = channel();
    let protocol = Protocol::HalfBlocks;
    let encoder = Encoder::start(
        protocol,
        false,
        colours,
        plain(10),
        plain(20),
        move |encoded| {
            // A test that has what it wants does not listen any more.
            drop(send.send(encoded));
        },
    );
    (encoder.unwrap(), receive)
}

fn job(tag: u64, subject: Subject, value: u8) -> EncodeJob {
    let view = View {
        subject,
        ..View::default()
    };
    let region = Region {
        x: 0,
        y: 0,
        width: SIZE.0,
        height: SIZE.1,
    };
    EncodeJob {
        tag,
        quality: Quality::Full,
        tiles: vec![EncodeTile {
            view,
            layout: view.layout(SIZE, Rect::new(0, 0, 20, 10), (1, 2)).unwrap(),
            result: Some(Seen {
                candidate: 0,
                step: 5,
                region,
                size: SIZE,
                picture: plain(value),
            }),
            other: None,
            snapshot: None,
        }],
    }
}

fn next(receive: &Receiver<Encoded>) -> Encoded {
    receive.recv_timeout(Duration::from_secs(30)).unwrap()
}

#[test]
fn pictures_come_back_and_equal_ones_are_not_sent_again() {
    let (encoder, receive) = started();
    encoder.encode(job(1, Subject::Result, 100));
    match next(&receive) {
        Encoded::Frame(frame) => {
            assert_eq!((frame.tag, frame.steps), (1, vec![5]));
            assert!(frame.bytes > 0 && frame.encode_seconds >= 0.0);
        }
        other => panic!("{other:?}"),
    }
    encoder.encode(job(2, Subject::Result, 100));
    assert!(matches!(
        next(&receive),
        Encoded::Unchanged { tag: 2, steps, .. } if steps == [5]
    ));
    encoder.encode(job(3, Subject::Result, 101));
    assert!(matches!(next(&receive), Encoded::Frame(frame) if frame.tag == 3));
    encoder.encode(job(4, Subject::Content, 101));
    assert!(matches!(next(&receive), Encoded::Frame(frame) if frame.steps == [0]));
    encoder.repaint();
    encoder.encode(job(5, Subject::Content, 101));
    assert!(matches!(next(&receive), Encoded::Frame(frame) if frame.tag == 5));
}

#[test]
fn the_newest_job_wins_and_dropping_ends_the_thread() {
    let (encoder, receive) = started();
    for tag in 0..200 {
        encoder.encode(job(tag, Subject::Result, tag as u8));
    }
    let mut last = 0;
    while last < 199 {
        let tag = match next(&receive) {
            Encoded::Frame(frame) => frame.tag,
            other => panic!("{other:?}"),
        };
        assert!(tag == 0 || tag > last);
        last = tag;
    }
    drop(encoder);
    // The thread took the sender with it.
    assert!(receive.recv().is_err());
}

#[test]
fn snapshots_are_shown_beside() {
    let (encoder, receive) = started();
    let mut job = job(1, Subject::Beside, 100);
    job.tiles[0].snapshot = Some(Arc::new(Rgb32FImage::from_pixel(40, 40, Rgb([0.2; 3]))));
    encoder.encode(job);
    let Encoded::Frame(frame) = next(&receive) else {
        panic!("no frame");
    };
    let Painted::Cells(cells) = &frame.tiles[0].painted else {
        panic!("no cells");
    };
    assert_eq!(cells.content()[0].fg, Color::Rgb(51, 51, 51));
    assert_eq!(
        cells.content().last().unwrap().bg,
        Color::Rgb(100, 100, 100)
    );
}

#[test]
fn of_several_tiles_only_those_that_differ_are_sent() {
    let (encoder, receive) = started();
    let several = |tag, values: [u8; 3]| {
        let mut all = job(tag, Subject::Result, 0);
        all.tiles = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let mut tile = job(0, Subject::Result, value).tiles.remove(0);
                tile.layout.cells.x += 20 * index as u16;
                tile
            })
            .collect();
        all
    };
    let sent = |values| {
        encoder.encode(several(1, values));
        match next(&receive) {
            Encoded::Frame(frame) => frame.tiles.iter().map(|tile| tile.index).collect(),
            Encoded::Unchanged { .. } => Vec::new(),
            other @ Encoded::Failed { .. } => panic!("{other:?}"),
        }
    };
    assert_eq!(sent([1, 2, 3]), [0, 1, 2]);
    assert_eq!(sent([1, 9, 3]), [1]);
    assert!(sent([1, 9, 3]).is_empty());
}

#[test]
fn two_candidates_are_shown_on_both_sides_of_a_divider() {
    let (encoder, receive) = started();
    let mut job = job(1, Subject::Split, 100);
    job.tiles[0].other = job.tiles[0].result.clone().map(|seen| Seen {
        picture: plain(30),
        ..seen
    });
    encoder.encode(job);
    let Encoded::Frame(frame) = next(&receive) else {
        panic!("no frame");
    };
    let Painted::Cells(cells) = &frame.tiles[0].painted else {
        panic!("no cells");
    };
    assert_eq!(cells.content()[0].fg, Color::Rgb(30, 30, 30));
    assert_eq!(
        cells.content().last().unwrap().bg,
        Color::Rgb(100, 100, 100)
    );
}
