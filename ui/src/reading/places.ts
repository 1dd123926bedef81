/** Between the patient's space, in which Cornerstone keeps what is drawn, and the image's own coordinates: (column, row),
    where (0, 0) is the outer corner of the first pixel. The server keeps and draws measurements in those. */
import type { Types } from "@cornerstonejs/core";
import { aboutOf, type About } from "./frame";

export type Place = [column: number, row: number];
type Vector = readonly number[];

const FLAT = [1, 0, 0, 0, 1, 0];
const dot = (a: Vector, b: Vector): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;

const plain = new Set<string>();

/** Note that these images are drawn on a plain canvas: there a whole number is the corner of a pixel, and under WebGL
    its middle. */
export const drawnPlain = (imageIds: readonly string[]): void => imageIds.forEach((imageId) => plain.add(imageId));

const shiftOf = (imageId: string): number => (plain.has(imageId) ? 0 : 0.5);

function planeOf(about: About): { origin: Vector; along: Vector; down: Vector; spacing: [number, number] } {
  const cosines = about.cosines ?? FLAT;
  return { origin: about.place ?? [0, 0, 0], along: cosines.slice(0, 3), down: cosines.slice(3, 6), spacing: about.spacing ?? [1, 1] };
}

export function placeOf(imageId: string, world: Vector): Place | null {
  const about = aboutOf(imageId);
  if (!about) return null;
  const { origin, along, down, spacing } = planeOf(about);
  const from = world.map((value, i) => value - origin[i]!);
  return [dot(from, along) / spacing[1] + shiftOf(imageId), dot(from, down) / spacing[0] + shiftOf(imageId)];
}

export function worldOf(imageId: string, [column, row]: Place): Types.Point3 | null {
  const about = aboutOf(imageId);
  if (!about) return null;
  const { origin, along, down, spacing } = planeOf(about);
  const x = (column - shiftOf(imageId)) * spacing[1];
  const y = (row - shiftOf(imageId)) * spacing[0];
  return origin.map((value, i) => value + along[i]! * x + down[i]! * y) as Types.Point3;
}

function normalOf(about: About): Vector {
  const { along, down } = planeOf(about);
  return [along[1]! * down[2]! - along[2]! * down[1]!, along[2]! * down[0]! - along[0]! * down[2]!, along[0]! * down[1]! - along[1]! * down[0]!];
}

/** Whether two images lie in planes that never meet; also where one does not say how it lies. */
export function areParallel(one: string, other: string): boolean {
  const [a, b] = [aboutOf(one), aboutOf(other)];
  return !a?.cosines || !b?.cosines || Math.abs(dot(normalOf(a), normalOf(b))) > 0.9;
}

/** Where the plane of one image cuts the rectangle of another, as two points in the patient; null where they are
    parallel, do not meet, or lie in no known place. */
export function crossing(cut: string, plane: string): [Types.Point3, Types.Point3] | null {
  const [one, other] = [aboutOf(cut), aboutOf(plane)];
  if (!one?.place || !one.cosines || !other?.place || !other.cosines) return null;
  const { origin } = planeOf(other);
  const normal = normalOf(other);
  const corners = ([[0, 0], [one.columns, 0], [one.columns, one.rows], [0, one.rows]] as Place[]).map((corner) => worldOf(cut, corner)!);
  const heights = corners.map((corner) => dot(corner.map((value, i) => value - origin[i]!), normal));
  const found: Types.Point3[] = [];
  corners.forEach((from, i) => {
    const j = (i + 1) % 4;
    if (heights[i]! > 0 === heights[j]! > 0) return;
    const share = heights[i]! / (heights[i]! - heights[j]!);
    found.push(from.map((value, axis) => value + share * (corners[j]![axis]! - value)) as Types.Point3);
  });
  return found.length === 2 ? [found[0]!, found[1]!] : null;
}
