//! The way of several pictures to the screen.

use super::*;
use crate::dashboard::preview::Painted;

fn asked(table: &mut Table) -> Vec<PictureRequest> {
    table
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Engine(Command::RequestPicture(request)) => Some(request),
            _ => None,
        })
        .collect()
}

fn job(table: &mut Table, request: PictureRequest) -> EncodeJob {
    let preview = answer(request, table.compare());
    table.desk.preview(preview);
    table
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Encode(job) => Some(job),
            _ => None,
        })
        .unwrap()
}

fn placed(job: &EncodeJob, indices: &[usize]) -> Message {
    let tiles = indices.iter().map(|index| PaintedTile {
        index: *index,
        painted: Painted::Placed {
            pieces: vec![format!("picture {index}").into_bytes()],
            cells: job.tiles[*index].layout.cells,
        },
    });
    frame(job, tiles.collect())
}

fn pieces(table: &mut Table) -> Vec<Vec<u8>> {
    table
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::WritePicture { pieces, .. } => Some(pieces),
            _ => None,
        })
        .flatten()
        .collect()
}

fn written(table: &mut Table, job: &EncodeJob) {
    table.hear(Message::Output(OutputEvent::PictureWritten {
        tag: job.tag,
        bytes: 7,
        seconds: 0.01,
    }));
}

#[test]
fn all_are_asked_for_at_once_and_each_has_cells_of_its_own() {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(5);
    let requests = asked(&mut table);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].of, crate::engine::message::Whose::All);
    let job = job(&mut table, requests[0]);
    assert_eq!(job.tiles.len(), 3);
    for (index, tile) in job.tiles.iter().enumerate() {
        assert_eq!(tile.result.as_ref().map(|seen| seen.candidate), Some(index));
        let others = &job.tiles[index + 1..];
        let cells = tile.layout.cells;
        assert!(
            others
                .iter()
                .all(|other| !other.layout.cells.intersects(cells))
        );
        // No more pixels than are seen.
        assert!(requests[0].most.0 >= tile.layout.pixels.0);
    }
}

#[test]
fn placed_pictures_wait_for_blanks_and_those_that_stay_are_not_written_again() {
    let mut table = Table::with((120, 40), Protocol::Sixel, DARK, three());
    table.start();
    table.run_to(5);
    let request = asked(&mut table)[0];
    let first = job(&mut table, request);
    table.hear(placed(&first, &[0, 1, 2]));
    assert!(pieces(&mut table).is_empty());
    let _ = table.screen();
    table.hear(Message::Output(OutputEvent::FrameWritten));
    assert_eq!(pieces(&mut table).len(), 3);
    written(&mut table, &first);
    table.now += Duration::from_secs(2);
    table.run_to(10);
    let request = asked(&mut table)[0];
    let second = job(&mut table, request);
    // The others look as before.
    table.hear(placed(&second, &[1]));
    assert_eq!(pieces(&mut table), [b"picture 1".to_vec()]);
    assert_eq!(table.desk.pictures().untouched().len(), 3);
}

#[test]
fn after_a_drop_the_rest_is_placed_anew() {
    let mut table = Table::with((120, 40), Protocol::KittyDirect, DARK, three());
    table.start();
    table.run_to(5);
    let request = asked(&mut table)[0];
    let first = job(&mut table, request);
    table.hear(placed(&first, &[0, 1, 2]));
    let _ = table.screen();
    table.hear(Message::Output(OutputEvent::FrameWritten));
    written(&mut table, &first);
    table.take_effects();
    table.engine(Event::Dropped {
        candidate: 1,
        pictures: pictures(&[1], 5),
    });
    let effects = table.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::DeletePictures)),
        "{effects:?}"
    );
    assert!(table.desk.pictures().untouched().is_empty());
    let request = effects.iter().find_map(|effect| match effect {
        Effect::Engine(Command::RequestPicture(request)) => Some(*request),
        _ => None,
    });
    assert_eq!(job(&mut table, request.unwrap()).tiles.len(), 2);
}

#[test]
fn a_dialog_over_placed_pictures_takes_them_away_and_they_come_back() {
    let mut table = Table::with((80, 24), Protocol::Sixel, DARK, three());
    table.start();
    table.run_to(5);
    let request = asked(&mut table)[0];
    let first = job(&mut table, request);
    table.hear(placed(&first, &[0, 1, 2]));
    let _ = table.screen();
    table.hear(Message::Output(OutputEvent::FrameWritten));
    written(&mut table, &first);
    table.typed("d");
    assert!(table.desk.pictures().untouched().is_empty());
    table.press(KeyCode::Esc);
    table.now += Duration::from_secs(2);
    assert_eq!(asked(&mut table).len(), 1);
}

#[test]
fn one_that_failed_still_shows_its_last_picture() {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(5);
    table.take_effects();
    table.engine(failed(&[0, 1, 2], 5));
    table.now += Duration::from_secs(2);
    let job = table
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Encode(job) => Some(job),
            _ => None,
        });
    let job = job.expect("nobody else can be asked");
    assert!(job.tiles.iter().all(|tile| tile.result.is_some()));
}

#[test]
fn those_of_different_sizes_have_places_of_their_own_shapes() {
    let mut table = Table::new((200, 60));
    table.engine(Table::started(&[0, 1], 0));
    let Event::Started(started) = Table::started(&[2], 0) else {
        panic!("not started");
    };
    table.engine(Event::Started(Started {
        size: (40, 160),
        ..started
    }));
    table.run_to(5);
    let request = *asked(&mut table).last().unwrap();
    let job = job(&mut table, request);
    let [wide, _, tall] = &job.tiles[..] else {
        panic!("{}", job.tiles.len());
    };
    assert!(wide.layout.pixels.0 > wide.layout.pixels.1);
    assert!(tall.layout.pixels.0 < tall.layout.pixels.1);
}

#[test]
fn a_page_shows_its_own() {
    let mut table = Table::with((80, 24), Protocol::HalfBlocks, DARK, many(16));
    table.start();
    table.run_to(5);
    table.show_pictures();
    let shown = |table: &Table| -> Vec<usize> {
        let places = table.compare().places();
        places.iter().map(|place| place.candidate).collect()
    };
    assert_eq!(shown(&table), [0, 1, 2, 3, 4, 5]);
    table.press(KeyCode::End);
    assert_eq!(shown(&table), [12, 13, 14, 15]);
    assert!(table.screen().contains("3 of 3"));
}
