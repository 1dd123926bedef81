/** Which side of the patient lies at which edge of the image; the same letters as `orientation.py`. */
const AXES = [["L", "R"], ["P", "A"], ["H", "F"]] as const; // x to the left, y to the back, z to the head
const OPPOSITE: Record<string, string> = { L: "R", R: "L", P: "A", A: "P", H: "F", F: "H" };
const LEAST = 0.1;

export type Sides = Record<"left" | "right" | "top" | "bottom", string>;

/** A direction as letters, at most two, the strongest first: `R`, or `RA` for an oblique image. */
function letters(direction: readonly number[]): string {
  return direction
    .map((value, axis) => ({ size: Math.abs(value), letter: AXES[axis]![value > 0 ? 0 : 1] }))
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .filter(({ size }) => size > LEAST)
    .map(({ letter }) => letter)
    .join("");
}

const opposite = (text: string): string => [...text].map((letter) => OPPOSITE[letter]).join("");

/** From the six cosines (along a row, then along a column); nothing where the file does not say. */
export function sidesOf(cosines: readonly number[] | null | undefined): Sides {
  const [right, bottom] = cosines?.length === 6 ? [letters(cosines.slice(0, 3)), letters(cosines.slice(3))] : ["", ""];
  return { left: opposite(right), right, top: opposite(bottom), bottom };
}
