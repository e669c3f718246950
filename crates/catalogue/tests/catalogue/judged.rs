use std::ops::ControlFlow;

use vitrine_catalogue::{BatchChange, BatchEdit, Qualifying, StatementId, WorkId};

use crate::{abstains, at, compact, says, shelf, work};

#[test]
fn a_changed_value_was_wrong_and_what_was_decided_together_is_told_apart() {
    let s = shelf();
    let works: Vec<WorkId> = (0..8).map(|n| work(&s.library, &format!("{n}"))).collect();
    let ids: Vec<StatementId> = works
        .iter()
        .map(|work| {
            let said = [says("style", "Rococo", 0.75), abstains("genre")];
            s.library.suggest(*work, &compact(), &said, at(1)).unwrap()[0]
        })
        .collect();
    let judged = || -> Vec<(bool, bool)> {
        let judged = s.library.judged_suggestions().unwrap();
        assert!(judged.iter().all(|j| j.pack.id == "compact" && j.property == "style" && j.confidence == Some(0.75)));
        judged.into_iter().map(|judged| (judged.right, judged.together)).collect()
    };
    assert_eq!(judged(), []);
    s.library.accept(ids[0], "Anna", at(2)).unwrap();
    s.library.reject(ids[1], "Anna", at(2)).unwrap();
    s.library.edit(ids[2], "Baroque", None, "Anna", at(3)).unwrap();
    s.library.edit(ids[3], "Rococo", Some("style of"), "Anna", at(3)).unwrap();
    s.library.take_alternative(ids[4], 0, "Anna", at(3)).unwrap();
    assert_eq!(judged(), [(true, false), (false, false), (false, false), (true, false), (false, false)]);
    assert_eq!(s.library.judged_suggestions().unwrap()[2].at, at(3), "when the person decided");

    // Taken back is not decided; done again it is.
    s.library.undo("Anna", at(4)).unwrap();
    assert_eq!(judged().len(), 4);
    s.library.redo("Anna", at(4)).unwrap();
    assert_eq!(judged().len(), 5);

    let mut on = |_, _| ControlFlow::Continue(());
    s.library.accept_together(&ids[5..6], "Anna", at(5), &mut on).unwrap();
    let change = BatchChange::Set { value: "Realism".into(), qualifier: Qualifying::AsItIs, settle: true };
    let edit = BatchEdit { property: "style".into(), change };
    s.library.edit_batch(&works[6..], &edit, None, "Anna", at(5), &mut on).unwrap();
    assert_eq!(judged()[5..], [(true, true), (false, true), (false, true)]);

    // What was decided by itself first stays so, whatever takes the place of the person's word later.
    s.library.edit_batch(&works[2..3], &edit, None, "Anna", at(6), &mut on).unwrap();
    assert_eq!(judged()[2], (false, false));
    // A newer word of the pack takes the place of the old one; nobody has judged that.
    let fresh = work(&s.library, "fresh");
    s.library.suggest(fresh, &compact(), &[says("style", "Rococo", 0.75)], at(7)).unwrap();
    s.library.suggest(fresh, &compact(), &[says("style", "Baroque", 0.75)], at(8)).unwrap();
    assert_eq!(judged().len(), 8);
}
