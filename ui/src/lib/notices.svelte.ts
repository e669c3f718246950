// Short messages at the foot of the window: what was undone, and what went wrong.

export interface Notice {
  id: number;
  text: string;
  fault: boolean;
  action?: { word: string; run: () => void };
}

let next = 1;

class Notices {
  list = $state.raw<Notice[]>([]);

  say(text: string, action?: Notice["action"]): void {
    const id = this.#add({ text, fault: false, action });
    setTimeout(() => this.close(id), 6000);
  }

  /** A fault stays until it is closed. */
  fault(cause: unknown): void {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (!this.list.some((notice) => notice.text === text)) this.#add({ text, fault: true });
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, "id">): number {
    const id = next++;
    // One plain message at a time; faults stay.
    this.list = [...this.list.filter((old) => old.fault), { id, ...notice }];
    return id;
  }
}

export const notices = new Notices();
