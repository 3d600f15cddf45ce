//! Weights that have to be fetched while the dashboard is open.

use crate::command_line::weights_file::{file, vgg16};
use crate::weights_fetch::server::Server;

use super::*;

const PRESET: &str = "extends = \"reference\"\n\
    [image]\nsize = 32\n\
    [schedule]\nsteps = 3\n\
    [content.layers]\nconv1_2 = 1.0\n\
    [style.layers]\nconv1_1 = 1.0\n";

/// A person with a preset that needs weights, and the server that has them.
fn begins() -> (Setting, Server) {
    let setting = setting();
    setting.write("trained.toml", PRESET);
    let server = Server::start();
    let path = setting.write("on-server", file(&vgg16(2)));
    server.serve(
        "/timm/vgg16.tv_in1k/resolve/main/model.safetensors",
        &path,
        "\"1\"",
    );
    (setting, server)
}

fn starts(setting: &Setting, server: &Server) -> Person {
    let mut command = setting.attended();
    command
        .args("run content.png style.png -p ./trained.toml --threads 1 -o out.png".split(' '))
        .env("STYLESCOPE_OFFLINE", "0")
        .env("HF_ENDPOINT", server.url())
        .env("NO_PROXY", "127.0.0.1");
    Person::starts_command(&command, USUAL)
}

/// The server sends a part of what is asked for, and then nothing.
fn stalls(server: &Server) {
    server.tamper(|asked, mut answer| {
        // The header of the file comes, the tensors do not.
        if asked.range.is_some_and(|(first, _)| first > 0) {
            answer.stall_after = Some(20_000);
        }
        answer
    });
}

/// A person who has waited until some of the weights were there, and no more came.
fn is_fetching() -> (Setting, Server, Person) {
    let (setting, server) = begins();
    stalls(&server);
    let mut person = starts(&setting, &server);
    person.waits_for("of 155 kB");
    (setting, server, person)
}

/// The person leaves a run that is finished.
fn leaves(person: &mut Person) {
    person.waits_for("finished");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
}

#[test]
fn it_is_seen_in_the_header_and_can_be_left() {
    let (setting, server) = begins();
    stalls(&server);
    let mut person = starts(&setting, &server);
    person.waits_for("fetching vgg16");
    person.waits_for("of 155 kB");
    let screen = person.waits_for("fetching the weights of vgg16, 155 kB");
    assert!(screen.contains("fetching the weights"), "{screen}");
    person.types("q");
    person.waits_for("without saving");
    person.types("d");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();

    // What had come is not fetched again.
    let before = server.body_bytes();
    server.behave();
    let mut person = starts(&setting, &server);
    person.waits_for("finished");
    assert!(server.body_bytes() - before < 155_000);
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    // Leaving a run that is finished does not make it a stopped one.
    let list = setting.stylescope(["runs", "list", "--json"]).succeeded();
    let newest: serde_json::Value =
        serde_json::from_str(list.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(newest["state"], "completed");
}

#[test]
fn another_preset_can_be_chosen_meanwhile() {
    let (setting, _server, mut person) = is_fetching();
    setting.write(
        "trained.toml",
        "extends = \"demo\"\n[image]\nsize = 32\n[schedule]\nsteps = 3\n\
        [network]\nwidths = [8, 8, 8, 8]\n",
    );
    let screen = person.waits_for("finished");
    assert!(screen.contains("fitted"), "{screen}");
    leaves(&mut person);
}

#[test]
fn stopping_meanwhile_is_no_failure() {
    let (setting, server) = begins();
    stalls(&server);
    // Whoever leaves by keys wants nothing of it; after SIGTERM it can be gone on with.
    for (keys, status) in [("qs", 0), ("\x03\x03", 130), ("", 75)] {
        let mut person = starts(&setting, &server);
        person.waits_for("of 155 kB");
        if keys.is_empty() {
            person.signals("-TERM");
        } else {
            person.types(keys);
        }
        assert_eq!(person.sees_the_end(), Some(status), "{keys:?}");
        person.has_the_terminal_back();
        let screen = person.waits_for("stopped before the first step: no picture was written");
        let is_kept = std::fs::read_dir(setting.runs()).unwrap().next().is_some();
        assert_eq!(is_kept, status == 75, "{screen}");
    }
    assert!(!setting.exists("out.png"));
}

#[test]
fn a_preset_that_cannot_be_built_meanwhile_changes_nothing() {
    let (setting, server, mut person) = is_fetching();
    setting.write(
        "trained.toml",
        format!("{PRESET}[network]\nname = \"vgg16\"\nweights = \"typo.pth\"\n"),
    );
    person.types("6m");
    person.waits_for("not taken up");
    server.behave();
    leaves(&mut person);
}

#[test]
fn a_server_that_has_nothing_is_told_on_the_screen() {
    let (setting, server) = begins();
    server.tamper(|_, _| crate::weights_fetch::server::Answer::plain(404, "no"));
    let mut command = setting.attended();
    let template = format!("{}/{{file}}", server.url());
    command
        .args("run content.png style.png -p ./trained.toml --threads 1 -o out.png".split(' '))
        .env("STYLESCOPE_OFFLINE", "0")
        .env("STYLESCOPE_WEIGHTS_URL", template)
        .env("NO_PROXY", "127.0.0.1");
    let mut person = Person::starts_command(&command, USUAL);
    person.waits_for("stopped: failed");
    person.waits_for("cannot be fetched");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(1));
    person.has_the_terminal_back();
    person.waits_for("-p demo");
}
