//! Others who look at the same comparison, from other terminals: what is heard of them, and what is different where this
//! screen is one of those that are attached and the comparison is another program's. UI thread.

use std::time::Instant;

use super::action::Action;
use super::candidate::Candidate;
use super::dialog::Dialog;
use super::{Compare, Exit};
use crate::attach::company::Company;
use crate::attach::contender::Contender;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::parting::Parting;
use crate::dashboard::setup::{CompareCandidate, CompareFarewell};
use crate::dashboard::standing::Standing;
use crate::engine::message::Command;
use crate::preset::visible::visible;

impl Compare {
    /// Whether the comparison is another program's, and steered from here.
    pub(super) fn is_attached(&self) -> bool {
        self.shared.attached_to().is_some()
    }

    /// Whose the comparison is.
    pub(super) fn standing(&self) -> Standing {
        Standing::of(self.is_watching, self.is_attached())
    }

    /// Whether that program is gone.
    pub(super) fn is_cut_off(&self) -> bool {
        self.shared.lost().is_some()
    }

    /// Whether nobody sees the comparison any more.
    pub(super) fn is_deserted(&self) -> bool {
        self.unseen && !self.shared.has_viewers()
    }

    /// News of the others.
    pub(super) fn company(&mut self, company: Company, now: Instant) {
        if let Some((tone, text)) = self.shared.hear(&company, "comparison") {
            self.say(now, tone, text);
        }
        match company {
            Company::Left { is_lost, .. } => self.left_alone(is_lost),
            Company::Invited(name) => self.invited(name, now),
            Company::Lost { why, .. } => {
                self.pictures.refused(now);
                if self.exit.is_some() {
                    // What its program said last of the results is worth more.
                    self.shared.last_words.get_or_insert(why);
                    self.leave(Exit::Now);
                }
            }
            _ => {}
        }
    }

    /// A terminal left. Where it was the last one that saw the comparison, nobody would let it go on or end; but one that a
    /// person paused before leaving stays so.
    fn left_alone(&mut self, is_lost: bool) {
        if !self.is_deserted() || self.exit.is_some() || self.is_attached() {
            return;
        }
        if self.candidates.iter().all(Candidate::is_over) {
            self.leave(Exit::Saving);
        } else if self.is_paused && is_lost {
            self.effects.push(Effect::Engine(self.way_out()));
        }
    }

    /// A person at another terminal wants this preset to join.
    fn invited(&mut self, name: String, now: Instant) {
        let shown = visible(&name);
        if self.is_joining || !self.may_join {
            let text = format!("{shown} cannot join: another one is joining already");
            let is_error = true;
            self.effects.push(Effect::Announce { text, is_error });
            return;
        }
        self.say(
            now,
            Tone::Notice,
            format!("another terminal lets {shown} join"),
        );
        self.let_join(name);
    }

    /// Has a preset join this program's own comparison.
    pub(super) fn let_join(&mut self, name: String) {
        self.is_joining = true;
        self.notice = None;
        let number = self.next_number;
        self.next_number += 1;
        self.effects.push(Effect::Task(Task::Join { number, name }));
    }

    /// One has joined the other program's comparison.
    pub(super) fn joined(&mut self, contender: Contender, now: Instant) {
        let number = contender.number;
        if self.candidate(number).is_some() {
            return;
        }
        self.next_number = self.next_number.max(number.saturating_add(1));
        let mut joined = Candidate::new(CompareCandidate::attached(contender));
        joined.run.pause(self.is_paused);
        let name = joined.name();
        self.candidates.push(joined);
        self.watch_files();
        self.find_differences();
        self.pictures.look_again();
        self.say(now, Tone::Good, format!("{name} joins"));
    }

    /// Does what an action means for a comparison of another program; false where it means what it always does.
    pub(super) fn act_on_attached(&mut self, action: Action, now: Instant) -> bool {
        match action {
            Action::Quit | Action::Interrupt if self.is_cut_off() || self.exit.is_some() => {
                self.leave(Exit::Now);
                return true;
            }
            Action::Quit => {
                self.dialog = Some(Dialog::Part(Parting::Detach));
                return true;
            }
            Action::Interrupt => {
                if matches!(self.dialog, Some(Dialog::Part(_))) {
                    self.interrupted = true;
                    self.detach();
                } else {
                    self.dialog = Some(Dialog::Part(Parting::Detach));
                }
                return true;
            }
            _ => {}
        }
        let needs_program = matches!(
            action,
            Action::TogglePause
                | Action::Drop
                | Action::Promote
                | Action::Join
                | Action::KeepSnapshot
                | Action::SavePicture
        );
        let Some((state, _)) = self.shared.lost().filter(|_| needs_program) else {
            return false;
        };
        let text = format!("its program is gone ({state}): what was heard of it stays here");
        self.hint(now, Tone::Notice, text);
        true
    }

    pub(super) fn part(&mut self, parting: Parting) {
        match parting {
            Parting::Detach => self.detach(),
            Parting::Stay => {}
            Parting::Stop if self.is_cut_off() => self.leave(Exit::Now),
            // Left once its program has saved the pictures.
            Parting::Stop => {
                self.exit = Some(Exit::Saving);
                for candidate in &mut self.candidates {
                    if !candidate.is_over() {
                        candidate.run.stop();
                    }
                }
                self.effects.push(Effect::Engine(Command::Stop));
            }
        }
    }

    /// The person leaves the screen, and the comparison goes on.
    fn detach(&mut self) {
        self.dialog = None;
        self.effects.push(Effect::Detach);
        self.leave(Exit::Now);
    }

    /// What is left of a screen that was attached to the comparison `id`.
    pub(super) fn attached_farewell(&self, id: &str) -> CompareFarewell {
        let id = visible(id);
        let is_leaving = self.exit.is_some();
        let line = self
            .shared
            .parting_line(&id, self.step(), self.is_paused, is_leaving);
        CompareFarewell {
            lines: vec![line],
            unseen: self.unseen,
            interrupted: self.interrupted,
            ..CompareFarewell::default()
        }
    }
}
