/** `<table-keys>` around a table of fields: Enter and the arrows go down and up in a column, Ctrl+Enter sends, and the
    line one stands in is marked on the picture beside it. */
class TableKeys extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusin", (event) => this.mark(event.target as HTMLElement));
  }

  private key(event: KeyboardEvent): void {
    const control = event.target as HTMLElement;
    if (event.isComposing) return; // an input method uses Enter and arrows itself
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) control.closest("form")?.requestSubmit();
      else this.go(control, event.shiftKey ? -1 : 1);
    } else if (control.tagName === "INPUT" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.go(control, event.key === "ArrowDown" ? 1 : -1);
    }
  }

  private go(control: HTMLElement, step: number): void {
    const cell = control.closest("td")!;
    const row = cell.parentElement as HTMLTableRowElement;
    const rows = [...row.parentElement!.children] as HTMLTableRowElement[];
    const next = rows[rows.indexOf(row) + step]?.cells[(cell as HTMLTableCellElement).cellIndex];
    const field = next?.querySelector<HTMLElement>("input, select");
    field?.focus();
    if (field instanceof HTMLInputElement) field.select();
  }

  private mark(control: HTMLElement): void {
    const line = control.closest<HTMLElement>("[data-line]")?.dataset.line;
    for (const box of document.querySelectorAll<SVGElement>(".sheet-line"))
      box.classList.toggle("is-current", box.dataset.line === line);
  }
}

export function defineTableKeys(): void {
  if (!customElements.get("table-keys")) customElements.define("table-keys", TableKeys);
}
