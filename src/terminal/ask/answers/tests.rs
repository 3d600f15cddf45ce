//! What terminals answer.

use super::*;
use crate::terminal::input::splitter::Splitter;

const XTERM: &[(&str, &str)] = &[("TERM", "xterm-256color")];
const TMUX: &[(&str, &str)] = &[("TERM", "tmux-256color"), ("TMUX", "/tmp/x,1,0")];
const SIZE: Option<Size> = Some(Size {
    columns: 80,
    rows: 24,
    pixels: None,
});

fn answers(said: &str) -> Answers {
    let mut answers = Answers::default();
    Splitter::default().take(said.as_bytes(), |unit| answers.note(unit));
    answers
}

fn known(variables: &[(&str, &str)], said: &str) -> Capabilities {
    combine(&Environment::of(variables), None, &answers(said), SIZE)
}

#[test]
fn kitty_before_and_after_placeholders() {
    let said = |version: &str| {
        format!(
            "\x1b_Gi=31;OK\x1b\\\x1bP>|kitty({version})\x1b\\\x1b[6;17;8t\x1b[4;408;640t\
            \x1b]11;rgb:0000/0000/0000\x1b\\\x1b[0n\x1b[?2026;2$y\x1b[?62;c"
        )
    };
    let new = known(XTERM, &said("0.41.1"));
    assert_eq!(new.kitty, Some(Kitty { placeholders: true }));
    assert_eq!(new.cell, Some((8, 17)));
    assert!(new.reports_status && new.synchronized && new.true_color && !new.sixel);
    assert_eq!(new.dark_background, Some(true));
    assert_eq!(new.name.as_deref(), Some("kitty(0.41.1)"));
    let old = known(XTERM, &said("0.26.5"));
    assert_eq!(
        old.kitty,
        Some(Kitty {
            placeholders: false
        })
    );
}

#[test]
fn xterm_with_sixel() {
    let xterm = known(
        XTERM,
        "typed ahead\x1bP>|XTerm(379)\x1b\\\x1b[4;384;640t\x1b]11;rgb:ffff/ffff/ffff\x07\
        \x1b[?1;0;1024S\x1b[0n\x1b[?2026;0$y\x1b[?63;1;2;4;6;9;15;16;22;28c",
    );
    assert!(xterm.sixel && xterm.kitty.is_none() && !xterm.synchronized && xterm.true_color);
    assert_eq!(xterm.cell, Some((8, 16)));
    assert_eq!(xterm.sixel_registers, Some(1024));
    assert_eq!(xterm.dark_background, Some(false));
}

#[test]
fn hardly_anything_and_nonsense() {
    let little = known(XTERM, "\x1b[6;0;0t\x1b[4;9999;9999t\x1b]11;x\x07\x1b[?1;2c");
    assert_eq!(little, Capabilities::default());
    assert_eq!(known(&[], ""), Capabilities::default());
}

#[test]
fn kitty_behind_tmux() {
    let tmux = |passthrough| Tmux {
        passthrough: Some(passthrough),
        terminal: Some("kitty(0.41.1)".to_owned()),
        cell: Some((9, 18)),
        true_color: true,
    };
    let environment = Environment::of(TMUX);
    assert!(wrapped_questions(&environment, Some(&tmux(false))).is_empty());
    let wrapped = wrapped_questions(&environment, Some(&tmux(true)));
    assert!(wrapped.starts_with(b"\x1bPtmux;\x1b\x1b_Gi=31") && wrapped.ends_with(b"[5n\x1b\\"));
    assert!(!questions(&environment).starts_with(b"\x1b_G"));
    let mut answers = answers("\x1bP>|tmux 3.4\x1b\\\x1b[0n\x1b[?1;2;4c\x1b_Gi=31;OK\x1b\\\x1b[0n");
    answers.passthrough = true;
    let known = combine(&environment, Some(&tmux(true)), &answers, SIZE);
    assert_eq!(known.kitty, Some(Kitty { placeholders: true }));
    assert!(known.sixel && known.passthrough && known.true_color);
    assert_eq!(known.cell, Some((9, 18)));
    assert_eq!(known.name.as_deref(), Some("tmux 3.4 in kitty(0.41.1)"));
}

#[test]
fn what_is_asked_of_whom() {
    let asked =
        |variables: &[_]| String::from_utf8(questions(&Environment::of(variables))).unwrap();
    assert_eq!(asked(&[("TERM", "screen")]), LAST);
    let apple = asked(&[("TERM", "xterm"), ("TERM_PROGRAM", "Apple_Terminal")]);
    assert!(!apple.contains("$p") && apple.ends_with(LAST));
    assert!(asked(XTERM).starts_with(KITTY) && asked(XTERM).ends_with(LAST));
}

#[test]
fn light_and_dark() {
    assert_eq!(is_dark("rgb:ffff/ffff/ffff"), Some(false));
    assert_eq!(is_dark("rgb:1e/1e/2e"), Some(true));
    assert_eq!(is_dark("rgba:0000/0000/0000/ffff"), Some(true));
    for nonsense in ["", "rgb:", "rgb:1/2", "rgb:x/y/z", "rgb://", "black"] {
        assert_eq!(is_dark(nonsense), None, "{nonsense}");
    }
}
