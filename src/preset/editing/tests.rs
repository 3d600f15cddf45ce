//! What stands in a file after its values were changed.

use std::fs;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

use super::*;
use crate::preset::{
    Override, Turn, built_in, from_toml, load_from, parameters, turned, with_overrides,
};

fn overridden(preset: &Preset, overrides: &[&str]) -> Preset {
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    with_overrides(preset, &overrides).unwrap()
}

/// The text after `overrides` were made on the screen.
fn edit(text: &str, overrides: &[&str]) -> Result<String, EditError> {
    let path = Path::new("mine.toml");
    let saved = meaning(text, path).unwrap();
    edited_text(text, path, &saved, &overridden(&saved, overrides))
}

#[track_caller]
fn check(text: &str, overrides: &[&str], expected: &str) {
    assert_eq!(edit(text, overrides).unwrap(), expected);
}

#[test]
fn values_are_exchanged_where_they_stand() {
    check(
        "# top\nextends = 'gatys'\n\n[style] # s\n  weight   =  1e3 # why\n# below\ndivisor = 4.0\n",
        &["style.weight=3e5"],
        "# top\nextends = 'gatys'\n\n[style] # s\n  weight   =  3e5 # why\n# below\ndivisor = 4.0\n",
    );
    check(
        "style.weight = 1_000",
        &["style.weight=2000"],
        "style.weight = 2000",
    );
    check(
        "style.weight = 1",
        &["style.weight=0.5"],
        "style.weight = 0.5",
    );
    check(
        "style = { weight = 1.0, divisor = 2.0 } # x\n",
        &["style.divisor=5"],
        "style = { weight = 1.0, divisor = 5.0 } # x\n",
    );
    check(
        "[\"style\"]\n\"weight\" = 1.0\n'divisor'=2.0\n",
        &["style.weight=3", "style.divisor=5"],
        "[\"style\"]\n\"weight\" = 3.0\n'divisor'=5.0\n",
    );
    check(
        "[style.layers]\nblock1 = 1.0\n[style]\nweight = 1.0\n",
        &["style.weight=3", "style.layers.block1=2"],
        "[style.layers]\nblock1 = 2.0\n[style]\nweight = 3.0\n",
    );
    check(
        "[optimizer]\nclamp = true\n[variation]\nform = \"absolute\" # b\n[schedule]\nsteps = 1_000\n",
        &[
            "optimizer.clamp=false",
            "variation.form=squared",
            "schedule.steps=1100",
        ],
        "[optimizer]\nclamp = false\n[variation]\nform = \"squared\" # b\n[schedule]\nsteps = 1100\n",
    );
    // Dotted keys of several tables in turn keep their places.
    check(
        "style.weight = 1.0\ncontent.weight = 2.0\nstyle.divisor = 3.0\n",
        &["style.divisor=4"],
        "style.weight = 1.0\ncontent.weight = 2.0\nstyle.divisor = 4.0\n",
    );
}

#[test]
fn windows_files_stay_windows_files() {
    check(
        "\u{feff}[style]\r\nweight = 1.0 # ä\r\n\r\n[content]\r\nweight = 1.0\r\n",
        &["content.weight=2"],
        "\u{feff}[style]\r\nweight = 1.0 # ä\r\n\r\n[content]\r\nweight = 2.0\r\n",
    );
    check(
        "\u{feff}# one\r\n[style]\r\nweight = 1.0\r\n\r\n# two\r\n[content]\r\nweight = 1.0\r\n",
        &["style.divisor=2", "schedule.steps=7"],
        "\u{feff}# one\r\n[style]\r\nweight = 1.0\r\ndivisor = 2.0\r\n\r\n# two\r\n[content]\r\nweight = 1.0\r\n\r\n[schedule]\r\nsteps = 7\r\n",
    );
    check(
        "# unix\n[style]\nweight = 1.0\n# windows\r\n[content]\r\nweight = 1.0\r\n",
        &["style.divisor=2"],
        "# unix\n[style]\nweight = 1.0\ndivisor = 2.0\n# windows\r\n[content]\r\nweight = 1.0\r\n",
    );
}

#[test]
fn keys_and_tables_that_are_missing_are_added() {
    check("", &["style.weight=3"], "[style]\nweight = 3.0\n");
    check(
        "# only this",
        &["style.weight=3"],
        "# only this\n\n[style]\nweight = 3.0\n",
    );
    check(
        "[style]\nweight = 1.0\n\n\n# end\n",
        &["schedule.steps=3", "content.layers.block3=7"],
        "[style]\nweight = 1.0\n\n\n# end\n\n[content.layers]\nblock3 = 7.0\n\n[schedule]\nsteps = 3\n",
    );
    check(
        "extends = \"gatys\" # base\n",
        &["style.weight=3e5", "schedule.steps=10"],
        "extends = \"gatys\" # base\n\n[style]\nweight = 3e5\n\n[schedule]\nsteps = 10\n",
    );
    check(
        "[style]\n\tweight = 1.0 # w\n\n# about content\n[content]\nweight = 1.0",
        &["style.divisor=2"],
        "[style]\n\tweight = 1.0 # w\n\tdivisor = 2.0\n\n# about content\n[content]\nweight = 1.0",
    );
    check(
        "style.weight = 1.0\n",
        &["style.divisor=2"],
        "style.weight = 1.0\nstyle.divisor = 2.0\n",
    );
    check(
        "style = { weight = 1.0 }\n",
        &["style.divisor=2"],
        "style = { weight = 1.0, divisor = 2.0 }\n",
    );
    check(
        "style = {}\n",
        &["style.divisor=2"],
        "style = { divisor = 2.0 }\n",
    );
    check(
        "[content.layers]\nblock2 = 1.0\n\n[style.layers]\nblock1 = 1.0 # keep\n",
        &["style.weight=2"],
        "[content.layers]\nblock2 = 1.0\n\n[style]\nweight = 2.0\n\n[style.layers]\nblock1 = 1.0 # keep\n",
    );
}

#[test]
fn a_layer_table_that_the_base_has_is_written_whole() {
    check(
        "extends = \"reference\"\n\n[schedule]\nsteps = 5 # few\n",
        &["style.layers.conv2_1=0.7"],
        "extends = \"reference\"\n\n[schedule]\nsteps = 5 # few\n\n[style.layers]\nconv1_1 = 1.0\nconv2_1 = 0.7\nconv3_1 = 0.5\nconv4_1 = 0.3\nconv4_2 = 0.1\n",
    );
    check(
        "extends = \"reference\"\n\n[style]\nweight = 1e5\n\n[schedule]\nsteps = 5\n",
        &["content.layers.conv4_2=2", "style.layers.conv1_1=none"],
        "extends = \"reference\"\n\n[style]\nweight = 1e5\n\n[style.layers]\nconv2_1 = 0.8\nconv3_1 = 0.5\nconv4_1 = 0.3\nconv4_2 = 0.1\n\n[schedule]\nsteps = 5\n\n[content.layers]\nconv4_2 = 2.0\n",
    );
    check(
        "extends = \"gatys\"\ncontent.weight = 2.0\n",
        &["content.layers.relu4_2=3"],
        "extends = \"gatys\"\ncontent.weight = 2.0\ncontent.layers = { relu4_2 = 3.0 }\n",
    );
    check(
        "extends = \"gatys\"\ncontent = { weight = 2.0 }\n",
        &["content.layers.relu4_2=3"],
        "extends = \"gatys\"\ncontent = { weight = 2.0, layers = { relu4_2 = 3.0 } }\n",
    );
}

#[test]
fn layers_come_and_go() {
    check(
        "[style.layers] # all\ninput = 1.0 # colours\n# fine\nblock1 = 1.0\n# coarse\nblock2 = 1.0\n",
        &[
            "style.layers.block1=none",
            "style.layers.block3=0.5",
            "style.layers.input=2",
        ],
        "[style.layers] # all\ninput = 2.0 # colours\n# fine\n# coarse\nblock2 = 1.0\nblock3 = 0.5\n",
    );
    check(
        "style.layers = { input = 1.0, block1 = 2.0 }\n",
        &["style.layers.block1=none"],
        "style.layers = { input = 1.0 }\n",
    );
}

#[test]
fn entries_of_other_tables_are_edited_like_layers() {
    check(
        "[style.regions] # masks\n\"#FF0000\" = 1 # sky\n'#00ff00' = 2.0 # sea\n",
        &[
            "style.regions.#ff0000=3",
            "style.regions.#00ff00=none",
            "style.regions.#0000ff=0.5",
        ],
        "[style.regions] # masks\n\"#FF0000\" = 3 # sky\n\"#0000ff\" = 0.5\n",
    );
    check(
        "[style]\nblend = { first = 1.0 }\nsource = { block1 = \"first\" } # s\n",
        &[
            "style.blend.second=0.5",
            "style.source.block1=second",
            "style.source.block2=blend",
        ],
        "[style]\nblend = { first = 1.0, second = 0.5 }\nsource = { block1 = \"second\", block2 = \"blend\" } # s\n",
    );
    check(
        "[style]\nweight = 1.0\n",
        &[
            "style.regions.#ff0000=3",
            "style.statistics.block1=mean",
            "style.blend.first=1",
        ],
        "[style]\nweight = 1.0\n\n[style.statistics]\nblock1 = \"mean\"\n\n[style.blend]\nfirst = 1.0\n\n[style.regions]\n\"#ff0000\" = 3.0\n",
    );
    check(
        "style.regions.\"#FF0000\" = 1.0\nstyle.regions.\"#00ff00\" = 1.0\n",
        &["style.regions.#ff0000=none"],
        "style.regions.\"#00ff00\" = 1.0\n",
    );
}

#[test]
fn an_emptied_table_hides_that_of_the_base() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("base.toml"),
        "[style.blend]\nfirst = 1.0\n[style.regions]\n\"#ff0000\" = 1.0\n",
    )
    .unwrap();
    let path = folder.path().join("mine.toml");
    let text = "extends = 'base.toml'\n\n[style.regions]\n\"#FF0000\" = 2.0\n";
    let saved = meaning(text, &path).unwrap();
    let wanted = overridden(
        &saved,
        &["style.blend.first=none", "style.regions.#ff0000=none"],
    );
    assert_eq!(
        edited_text(text, &path, &saved, &wanted).unwrap(),
        "extends = 'base.toml'\n\n[style.regions]\n\n[style.blend]\n"
    );
}

#[test]
fn chained_layers_keep_their_order() {
    let text =
        "[style]\nchained = true\n\n[style.layers] # fine to coarse\nblock1 = 1.0\nblock2 = 2.0\n";
    check(
        text,
        &["style.layers={ block3 = 3, block2 = 2, block1 = 1 }"],
        "[style]\nchained = true\n\n[style.layers]\nblock3 = 3.0\nblock2 = 2.0\nblock1 = 1.0\n",
    );
    check(
        text,
        &["style.layers.block3=3", "style.layers.block1=5"],
        "[style]\nchained = true\n\n[style.layers] # fine to coarse\nblock1 = 5.0\nblock2 = 2.0\nblock3 = 3.0\n",
    );
    check(
        &text.replace("true", "false"),
        &["style.layers={ block2 = 2, block1 = 5 }"],
        "[style]\nchained = false\n\n[style.layers] # fine to coarse\nblock1 = 5.0\nblock2 = 2.0\n",
    );
}

#[test]
fn a_value_that_the_base_has_too_is_still_said() {
    check(
        "extends = \"gatys\"\n[style]\nweight = 5.0 # mine\n",
        &["style.weight=1000"],
        "extends = \"gatys\"\n[style]\nweight = 1000.0 # mine\n",
    );
}

#[test]
fn what_the_file_already_says_is_left_as_it_is_written() {
    let text = "[style]\nweight = 300_000 # long\n";
    let path = Path::new("mine.toml");
    let file = meaning(text, path).unwrap();
    // Under `--set style.weight=1` somebody turned the weight back to the file's.
    let saved = overridden(&file, &["style.weight=1"]);
    assert_eq!(edited_text(text, path, &saved, &file).unwrap(), text);
    assert_eq!(edited_text("broken", path, &file, &file).unwrap(), "broken");
}

#[test]
fn only_what_was_turned_is_touched() {
    let path = Path::new("mine.toml");
    let text = "[style]\nweight = 2.0\n[schedule]\nsteps = 5\n";
    let saved = overridden(&meaning(text, path).unwrap(), &["schedule.steps=9"]);
    let wanted = overridden(&saved, &["style.weight=3"]);
    assert_eq!(
        edited_text(text, path, &saved, &wanted).unwrap(),
        "[style]\nweight = 3.0\n[schedule]\nsteps = 5\n"
    );
    // The file was given another network in the meantime, which has no such layer.
    let text = "extends = \"gatys\"\n";
    let saved = from_toml("", "saved").unwrap();
    let wanted = overridden(&saved, &["style.layers.block1=3"]);
    let error = edited_text(text, path, &saved, &wanted).unwrap_err();
    assert!(matches!(error, EditError::Unsound(_)), "{error}");
    let error = edited_text("style.weigth = 1", path, &saved, &wanted).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("mend the file first: mine.toml:1:7: "),
        "{error}"
    );
}

#[test]
fn what_only_the_base_says_cannot_be_taken_back() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("base.toml"),
        "network.weights = 'w.safetensors'",
    )
    .unwrap();
    let path = folder.path().join("mine.toml");
    let text = "extends = 'base.toml'\n";
    let saved = meaning(text, &path).unwrap();
    let mut wanted = saved.clone();
    wanted.network.weights = None;
    let error = edited_text(text, &path, &saved, &wanted).unwrap_err();
    assert!(error.to_string().contains("network.weights"), "{error}");
}

fn load(path: &Path) -> Loaded {
    load_from(path.to_str().unwrap(), &[], &[]).unwrap()
}

#[cfg(unix)]
#[test]
fn saving_goes_through_links_and_keeps_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = TempDir::new().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("a.toml"), "[style]\nweight = 1.0 # w\n").unwrap();
    fs::set_permissions(real.join("a.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.toml");
    symlink("real/a.toml", &link).unwrap();
    let loaded = load(&link);
    let wanted = overridden(&loaded.preset, &["style.weight=2"]);
    assert_eq!(save(&loaded, &loaded.preset, &wanted).unwrap(), link);
    assert!(link.is_symlink());
    let path = real.join("a.toml");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[style]\nweight = 2.0 # w\n"
    );
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let left: Vec<_> = fs::read_dir(&real).unwrap().collect();
    assert_eq!(left.len(), 1);
    // Changed on disk meanwhile, in another field.
    fs::write(&path, "[style]\nweight = 2.0\ndivisor = 7.0 # new\n").unwrap();
    let more = overridden(&wanted, &["style.weight=3"]);
    save(&loaded, &wanted, &more).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[style]\nweight = 3.0\ndivisor = 7.0 # new\n"
    );
}

#[test]
fn built_in_presets_are_not_saved_but_extended() {
    let folder = TempDir::new().unwrap();
    let loaded = load_from("gatys", &[], &[]).unwrap();
    let wanted = overridden(
        &loaded.preset,
        &["style.weight=3e5", "style.layers.relu1_1=1"],
    );
    let error = save(&loaded, &loaded.preset, &wanted).unwrap_err();
    assert!(
        error.to_string().contains("save it as a new preset"),
        "{error}"
    );
    let name = folder.path().join("mine");
    let path = save_as(&loaded, &wanted, name.to_str().unwrap()).unwrap();
    assert_eq!(path, folder.path().join("mine.toml"));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "extends = \"gatys\"\n\n[style]\nweight = 3e5\n\n[style.layers]\nrelu1_1 = 1.0\nrelu2_1 = 0.2\nrelu3_1 = 0.2\nrelu4_1 = 0.2\nrelu5_1 = 0.2\n"
    );
    assert_eq!(load(&path).preset, wanted);
    let again = save_as(&loaded, &wanted, name.to_str().unwrap());
    assert!(matches!(again, Err(EditError::Exists { .. })));
    let elsewhere = folder.path().join("missing/mine.toml");
    let error = save_as(&loaded, &wanted, elsewhere.to_str().unwrap());
    assert!(matches!(error, Err(EditError::Write { .. })));
    for name in ["", " ", "a/", "/", ".toml", "x/.hidden", "a\u{1b}[31m"] {
        let refused = save_as(&loaded, &wanted, name);
        assert!(matches!(refused, Err(EditError::Name { .. })), "{name:?}");
    }
}

#[test]
fn a_file_is_saved_as_another_with_its_comments_and_what_it_leads_to() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("base.toml"), "[style]\ndivisor = 3.0\n").unwrap();
    let old = folder.path().join("old.toml");
    fs::write(
        &old,
        "# mine\nextends = 'base.toml' # the base\nnetwork.weights = 'w.safetensors'\n\n[style]\nweight = 2.0 # w\n",
    )
    .unwrap();
    let loaded = load_from(
        old.to_str().unwrap(),
        &["schedule.steps=9".parse().unwrap()],
        &[],
    )
    .unwrap();
    let wanted = overridden(&loaded.preset, &["style.weight=4"]);
    let new = folder.path().join("sub/new.toml");
    let path = save_as(&loaded, &wanted, new.to_str().unwrap()).unwrap();
    let root = folder.path().display();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!(
            "# mine\nextends = \"{root}/base.toml\" # the base\nnetwork.weights = \"{root}/w.safetensors\"\n\n[style]\nweight = 4.0 # w\n\n[schedule]\nsteps = 9\n"
        )
    );
    assert_eq!(load(&path).preset, wanted);
}

#[test]
fn a_name_goes_into_the_first_folder_that_takes_it() {
    let folder = TempDir::new().unwrap();
    let folders = ["missing", "first", "second"].map(|name| folder.path().join(name));
    for folder in &folders[1..] {
        fs::create_dir(folder).unwrap();
    }
    assert_eq!(
        new_path("mine", &folders).unwrap(),
        folders[1].join("mine.toml")
    );
    fs::write(folders[2].join("other.toml"), "").unwrap();
    assert!(matches!(
        new_path("other", &folders),
        Err(EditError::Exists { .. })
    ));
}

/// What stands after the `#` that is not part of a colour in quotes.
fn comment_of(line: &str) -> Option<&str> {
    let mut is_quoted = false;
    let start = line.find(|character| {
        is_quoted ^= character == '"';
        character == '#' && !is_quoted
    })?;
    line.get(start + 1..)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_is_turned_is_written(
        name in select(built_in::names()),
        is_extended: bool,
        is_windows: bool,
        turns in prop::collection::vec(
            (any::<Index>(), select(vec![Turn::FineDown, Turn::FineUp, Turn::CoarseDown, Turn::CoarseUp])),
            1..12,
        ),
    ) {
        let text = if is_extended {
            format!("extends = '{name}'\n")
        } else {
            built_in::text(name).unwrap().to_owned()
        };
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        let path = Path::new("mine.toml");
        let saved = meaning(&text, path).unwrap();
        let mut wanted = saved.clone();
        for (index, turn) in turns {
            let listed = parameters(&wanted);
            let key = &listed[index.index(listed.len())].key;
            if let Some(setting) = turned(&wanted, key, turn) {
                wanted = with_overrides(&wanted, &[setting]).unwrap();
            }
        }
        let edited = edited_text(&text, path, &saved, &wanted).unwrap();
        prop_assert_eq!(diff(&meaning(&edited, path).unwrap(), &wanted), []);
        for comment in text.lines().filter_map(comment_of) {
            prop_assert!(edited.contains(comment), "{} is gone", comment);
        }
        prop_assert_eq!(edited.matches("\r\n").count() > 0, is_windows);
        prop_assert!(!is_windows || !edited.replace("\r\n", "").contains('\n'));
    }
}
