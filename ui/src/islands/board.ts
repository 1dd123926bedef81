/** The coordinator's board: arrow keys move between cards, up and down in a column, left and right between columns. */
export function startBoard(): void {
  document.addEventListener("keydown", (event) => {
    const board = (event.target as HTMLElement).closest<HTMLElement>("[data-board]");
    const step = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[event.key];
    if (!board || !step || event.ctrlKey || event.altKey || event.metaKey) return;
    const columns = [...board.querySelectorAll(".board-column")]
      .map((column) => [...column.querySelectorAll<HTMLElement>("[data-card]")])
      .filter((cards) => cards.length > 0);
    const here = document.activeElement?.closest(".board-card")?.querySelector<HTMLElement>("[data-card]");
    const x = here ? columns.findIndex((cards) => cards.includes(here)) : -1;
    const y = here && x >= 0 ? columns[x]!.indexOf(here) : 0;
    const column = columns[x < 0 ? 0 : Math.min(Math.max(x + step[0]!, 0), columns.length - 1)];
    const next = column?.[x < 0 ? 0 : Math.min(Math.max(y + step[1]!, 0), column.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
