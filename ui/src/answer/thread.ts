// A work's exchanges as a tree, and the conversation that is shown: the way from one of them back to where it began.

import type { AnswerView } from "../lib/bindings/workbench";

/** The exchanges that lead to `leaf`, oldest first. */
export function path(answers: AnswerView[], leaf: number | null): AnswerView[] {
  const found: AnswerView[] = [];
  let next = answers.find((answer) => answer.id === leaf);
  while (next) {
    found.unshift(next);
    const follows = next.follows;
    // What an exchange follows was there before it, so the way back ends.
    next = follows !== null && follows < next.id ? answers.find((answer) => answer.id === follows) : undefined;
  }
  return found;
}

/** The exchanges that follow the same one as `answer`, itself included, oldest first. */
export function beside(answers: AnswerView[], answer: AnswerView): AnswerView[] {
  return answers.filter((other) => other.follows === answer.follows);
}

/** The newest exchange that came of `answer`; itself where nothing did. */
export function newest(answers: AnswerView[], answer: AnswerView): AnswerView {
  const next = answers.findLast((other) => other.follows === answer.id);
  return next ? newest(answers, next) : answer;
}
