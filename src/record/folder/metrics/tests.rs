//! What is written and read back.

use std::sync::Arc;

use super::*;
use crate::engine::message::LossBlock;

fn term(kind: TermKind, layer: Option<&str>) -> LossTerm {
    LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    }
}

fn block(first_step: u64, terms: &[LossTerm], rows: &[&[f32]], seconds: f64) -> LossBlock {
    LossBlock {
        candidates: [0].into(),
        first_step,
        terms: terms.into(),
        weights: Arc::new([(1..=terms.len())
            .map(|weight| weight as f64 / 10.0)
            .collect()]),
        values: rows.concat(),
        seconds,
    }
}

#[test]
fn what_is_written_is_read_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let terms = [
        term(TermKind::Content, Some("relu4_2")),
        term(TermKind::Style, Some("relu1_1")),
        term(TermKind::Variation, None),
    ];
    let values: [&[f32]; 3] = [
        &[0.1, 1.0e-30, 3.4e38],
        &[1.0 / 3.0, -0.0, f32::MIN_POSITIVE],
        &[f32::NAN, f32::INFINITY, 7.0],
    ];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    writer
        .add(block(0, &terms, &values[..2], 1.0), 1, 0.0)
        .unwrap();
    writer
        .add(block(2, &terms, &values[2..], 3.0), 1, 1.0)
        .unwrap();
    let metrics = Metrics::read(&path).unwrap();
    assert_eq!(metrics.terms, terms);
    assert_eq!(metrics.rows.len(), 3);
    for (row, values) in metrics.rows.iter().zip(values) {
        for (index, (cell, value)) in row.terms.iter().zip(values).enumerate() {
            let (read, weight) = cell.unwrap();
            assert_eq!(read.to_bits() & 0x7fff_ffff, value.to_bits() & 0x7fff_ffff);
            assert!((weight - (index + 1) as f64 / 10.0).abs() < 1e-15);
        }
    }
    let seconds: Vec<f64> = metrics.rows.iter().map(|row| row.seconds).collect();
    assert_eq!(seconds, [0.5, 1.0, 3.0]);
    assert!(metrics.rows[2].total.is_nan() || metrics.rows[2].total.is_infinite());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with(
            "branch,step,seconds,total,content,style,variation,unweighted.content.relu4_2,\
             unweighted.style.relu1_1,unweighted.variation,weight.content.relu4_2,"
        ),
        "{text}"
    );
}

#[test]
fn other_layers_get_columns_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let one = [term(TermKind::Style, Some("relu1_1"))];
    let two = [
        term(TermKind::Style, Some("relu2_1")),
        term(TermKind::Content, Some("relu3_1")),
    ];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    writer
        .add(block(0, &one, &[&[0.1], &[0.2]], 1.0), 1, 0.0)
        .unwrap();
    writer
        .add(block(2, &two, &[&[0.3, 0.4]], 2.0), 1, 1.0)
        .unwrap();
    writer.add(block(3, &one, &[&[0.5]], 3.0), 1, 2.0).unwrap();
    let metrics = Metrics::read(&path).unwrap();
    let names: Vec<String> = metrics.terms.iter().map(term_name).collect();
    assert_eq!(names, ["style.relu1_1", "style.relu2_1", "content.relu3_1"]);
    let rows: Vec<Vec<Option<f32>>> = metrics
        .rows
        .iter()
        .map(|row| {
            row.terms
                .iter()
                .map(|cell| cell.map(|(value, _)| value))
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec![Some(0.1), None, None],
            vec![Some(0.2), None, None],
            vec![None, Some(0.3), Some(0.4)],
            vec![Some(0.5), None, None],
        ]
    );
}

#[test]
fn half_a_line_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let terms = [term(TermKind::Style, Some("relu1_1"))];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    writer
        .add(block(0, &terms, &[&[0.125], &[0.25], &[0.5]], 1.0), 1, 0.0)
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        match Metrics::read(&path) {
            Ok(metrics) => {
                let values: Vec<f32> = metrics
                    .rows
                    .iter()
                    .map(|row| row.terms[0].unwrap().0)
                    .collect();
                assert!([0.125, 0.25, 0.5].starts_with(&values), "{values:?}");
            }
            Err(_) => assert!(!whole[..length].contains(&b'\n')),
        }
    }
}

#[test]
fn the_way_to_the_last_row() {
    let row = |branch, step| Row {
        branch,
        step,
        seconds: 0.0,
        total: 0.0,
        terms: Vec::new(),
    };
    let metrics = Metrics {
        terms: Vec::new(),
        rows: vec![
            row(1, 0),
            row(1, 1),
            row(1, 2),
            row(2, 1),
            row(2, 2),
            row(3, 0),
            row(3, 1),
        ],
    };
    let way: Vec<(u32, u64)> = metrics
        .way()
        .iter()
        .map(|row| (row.branch, row.step))
        .collect();
    assert_eq!(way, [(3, 0), (3, 1)]);
    let earlier = Metrics {
        rows: metrics.rows[..5].to_vec(),
        ..metrics
    };
    let way: Vec<(u32, u64)> = earlier
        .way()
        .iter()
        .map(|row| (row.branch, row.step))
        .collect();
    assert_eq!(way, [(1, 0), (2, 1), (2, 2)]);
}

#[test]
fn nothing_is_lost_while_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("run");
    let path = inner.join("metrics.csv");
    let terms = [term(TermKind::Style, Some("relu1_1"))];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    assert!(
        writer
            .add(block(0, &terms, &[&[0.1]], 1.0), 1, 0.0)
            .is_err()
    );
    std::fs::create_dir(&inner).unwrap();
    writer
        .add(block(1, &terms, &[&[0.2]], 2.0), 1, 1.0)
        .unwrap();
    // What came before the file could be made at all has no columns yet.
    let steps: Vec<u64> = Metrics::read(&path)
        .unwrap()
        .rows
        .iter()
        .map(|row| row.step)
        .collect();
    assert_eq!(steps, [0, 1]);
}

#[test]
fn another_file_is_no_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    for text in ["", "a,b\n1,2\n", "\u{0}\u{1}\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(Metrics::read(&path).is_err(), "{text:?}");
    }
}

#[test]
fn what_waits_for_a_disk_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("run");
    let path = inner.join("metrics.csv");
    let terms = [term(TermKind::Style, Some("relu1_1"))];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    let rows = 1 << 22;
    let values = vec![0.5; rows];
    for number in 0..7 {
        let block = block(number * rows as u64, &terms, &[values.as_slice()], 1.0);
        assert!(writer.add(block, 1, 0.0).is_err());
    }
    // Four of 16 MiB each and what goes with them are more than may wait.
    assert_eq!(writer.waiting_blocks(), 4);
}

#[test]
fn a_file_that_was_removed_gets_its_columns_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let terms = [term(TermKind::Style, Some("relu1_1"))];
    let mut writer = MetricsWriter::new(path.clone(), 0);
    let add = |writer: &mut MetricsWriter, step: u64| {
        writer.add(block(step, &terms, &[&[0.25]], 1.0), 1, 0.0)
    };
    add(&mut writer, 0).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(writer.sync().is_err());
    writer.sync().unwrap();
    add(&mut writer, 1).unwrap();
    let metrics = Metrics::read(&path).unwrap();
    assert_eq!(metrics.terms, terms);
    assert_eq!(metrics.rows.len(), 1);
    assert_eq!(metrics.rows[0].step, 1);
}
