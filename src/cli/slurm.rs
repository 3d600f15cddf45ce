//! Options of `compare` for a cluster that Slurm looks after, and what they take. Main thread.

use std::fmt;
use std::str::FromStr;

use clap::Args;

/// What the job array asks Slurm for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Slurm")]
pub struct SlurmOptions {
    /// Write a job array for Slurm, a task for every lane, instead of computing here
    #[arg(long)]
    pub slurm: bool,

    /// Submit it too
    #[arg(long, requires = "slurm")]
    pub submit: bool,

    /// Which partition [default: the cluster's]
    #[arg(long, value_name = "NAME", requires = "slurm", value_parser = line)]
    pub partition: Option<String>,

    /// How long each task may take: minutes, HH:MM:SS, D-HH:MM or unlimited [default: the partition's]
    #[arg(long, value_name = "TIME", requires = "slurm")]
    pub time: Option<TimeLimit>,

    /// GPUs for each task, with a type where one is wanted, as in a100:1; 0 computes on the CPU
    #[arg(long, value_name = "[TYPE:]N", requires = "slurm", default_value_t)]
    pub gpus: Gpus,

    /// Cores for each task [default: the cluster's]
    #[arg(long, value_name = "N", requires = "slurm", value_parser = clap::value_parser!(u16).range(1..))]
    pub cpus: Option<u16>,

    /// Memory for each task, as in 16G [default: the cluster's]
    #[arg(long, value_name = "SIZE", requires = "slurm", value_parser = memory)]
    pub memory: Option<String>,

    /// A further option of sbatch as it stands after #SBATCH, for instance --account=art (repeatable)
    #[arg(
        long = "slurm-option",
        value_name = "OPTION",
        requires = "slurm",
        value_parser = option,
        allow_hyphen_values = true
    )]
    pub further: Vec<String>,
}

/// How many GPUs, and of which type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpus {
    /// As the cluster calls it.
    pub kind: Option<String>,
    /// 0 for none.
    pub count: u16,
}

impl Default for Gpus {
    fn default() -> Self {
        Self {
            kind: None,
            count: 1,
        }
    }
}

impl fmt::Display for Gpus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = &self.kind {
            write!(formatter, "{kind}:")?;
        }
        write!(formatter, "{}", self.count)
    }
}

impl FromStr for Gpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, count) = match text.rsplit_once(':') {
            Some((kind, count)) => (Some(kind), count),
            None => (None, text),
        };
        let is_name = |kind: &str| {
            !kind.is_empty()
                && kind.chars().all(|character| {
                    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
                })
        };
        match whole(count).map(u16::try_from) {
            Some(Ok(count)) if kind.is_none_or(is_name) => Ok(Self {
                kind: kind.map(str::to_owned),
                count,
            }),
            _ => Err("expected a number, or a type and a number such as a100:1".to_owned()),
        }
    }
}

/// A limit on the time of a task, in Slurm's own notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimit {
    text: String,
    /// None where there is no limit.
    pub seconds: Option<u64>,
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for TimeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = if ["unlimited", "infinite"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
        {
            None
        } else {
            match seconds(text) {
                Some(seconds) if seconds > 0 => Some(seconds),
                _ => {
                    return Err(
                        "expected minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS or unlimited"
                            .to_owned(),
                    );
                }
            }
        };
        Ok(Self {
            text: text.to_owned(),
            seconds,
        })
    }
}

/// What sbatch's `--time` makes of `text`.
fn seconds(text: &str) -> Option<u64> {
    let numbers = |text: &str| text.split(':').map(whole).collect::<Option<Vec<u64>>>();
    let (days, hours, minutes, seconds) = match text.split_once('-') {
        Some((days, rest)) => match *numbers(rest)?.as_slice() {
            [hours] => (whole(days)?, hours, 0, 0),
            [hours, minutes] => (whole(days)?, hours, minutes, 0),
            [hours, minutes, seconds] => (whole(days)?, hours, minutes, seconds),
            _ => return None,
        },
        None => match *numbers(text)?.as_slice() {
            [minutes] => (0, 0, minutes, 0),
            [minutes, seconds] => (0, 0, minutes, seconds),
            [hours, minutes, seconds] => (0, hours, minutes, seconds),
            _ => return None,
        },
    };
    days.checked_mul(24)?
        .checked_add(hours)?
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60)?
        .checked_add(seconds)
}

/// Digits only: no sign and no blanks.
fn whole(text: &str) -> Option<u64> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

fn memory(text: &str) -> Result<String, String> {
    let number = text.strip_suffix(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']);
    match whole(number.unwrap_or(text)) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected a whole number of megabytes, or with a unit such as 16G".to_owned()),
    }
}

fn line(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("expected one line of text".to_owned());
    }
    Ok(text.to_owned())
}

fn option(text: &str) -> Result<String, String> {
    match line(text) {
        Ok(option) if option.starts_with('-') => Ok(option),
        _ => Err("expected an option of sbatch in one line, such as --account=art".to_owned()),
    }
}

/// The options that a person gives by these words after `--slurm`.
#[cfg(test)]
pub(crate) fn options(words: &[&str]) -> SlurmOptions {
    use clap::FromArgMatches;
    let command = SlurmOptions::augment_args(clap::Command::new("compare"));
    let words = ["compare", "--slurm"].iter().chain(words);
    SlurmOptions::from_arg_matches(&command.get_matches_from(words)).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_need_slurm() {
        for words in [&["--submit"][..], &["--partition=x"], &["--gpus=2"]] {
            let command = SlurmOptions::augment_args(clap::Command::new("compare"));
            let given = command.try_get_matches_from(["compare"].iter().chain(words));
            assert!(given.is_err(), "{words:?}");
        }
    }

    #[test]
    fn gpus_are_a_number_with_or_without_a_type() {
        for text in ["0", "2", "a100:1", "nvidia_h100-80gb.x:4"] {
            assert_eq!(text.parse::<Gpus>().unwrap().to_string(), text);
        }
        for text in [
            "", "-1", "+1", "a100", ":1", "a b:1", "a100:", "a,b:1", "70000",
        ] {
            assert!(text.parse::<Gpus>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_slurms() {
        let times = [
            ("90", 90 * 60),
            ("2:30", 150),
            ("01:00:00", 3600),
            ("1-0", 86_400),
            ("1-2:03", 93_780),
            ("1-2:03:04", 93_784),
        ];
        for (text, expected) in times {
            let limit: TimeLimit = text.parse().unwrap();
            assert_eq!(limit.seconds, Some(expected), "{text}");
            assert_eq!(limit.to_string(), text);
        }
        assert_eq!("UNLIMITED".parse::<TimeLimit>().unwrap().seconds, None);
        for text in [
            "",
            "0",
            "1h",
            "-5",
            "1:2:3:4",
            "1-",
            "a-1",
            "1::2",
            "99999999999999999999",
            "18446744073709551615-0",
        ] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_would_begin_another_line_of_the_script_is_refused() {
        assert!(line("a\nrm -r x").is_err() && line("").is_err());
        assert!(option("--account=x\n#SBATCH --uid=0").is_err());
        assert!(option("account=x").is_err());
        assert_eq!(option("-A art").unwrap(), "-A art");
        assert!(memory("16G").is_ok() && memory("0").is_ok() && memory("500").is_ok());
        for text in ["", "G", "16GB", "1.5G", "16 G", "-1"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }
}
