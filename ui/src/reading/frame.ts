/** Frames as numbers: fetched, unpacked, given to Cornerstone under `frame:<address>`. The layout is described in `raw.py`. */
import { imageLoader, metaData, utilities, Enums, type Types } from "@cornerstonejs/core";

export interface About {
  rows: number;
  columns: number;
  kind: "int16" | "uint16" | "float32" | "rgb";
  low: number;
  high: number;
  invert: boolean;
  window: [number, number] | null;
  spacing: [number, number] | null;
  cosines: number[] | null;
  place: number[] | null;
}

const SCHEME = "frame";
const FLAT = [1, 0, 0, 0, 1, 0];
const known = new Map<string, About & { modality: string }>();

export const idOf = (address: string): string => `${SCHEME}:${address}`;
export const aboutOf = (imageId: string): (About & { modality: string }) | undefined => known.get(imageId);

function pixelsOf(about: About, body: ArrayBuffer, start: number): Types.PixelDataTypedArray {
  if (about.kind === "float32") return new Float32Array(body, start);
  if (about.kind === "uint16") return new Uint16Array(body, start);
  if (about.kind === "rgb") return new Uint8Array(body, start);
  return new Int16Array(body, start);
}

async function read(imageId: string, modality: string): Promise<Types.IImage> {
  const answer = await fetch(imageId.slice(SCHEME.length + 1), { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const body = await answer.arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length))) as About;
  known.set(imageId, { ...about, modality });
  return imageOf(imageId, about, pixelsOf(about, body, 4 + length));
}

function imageOf(imageId: string, about: About, pixels: Types.PixelDataTypedArray): Types.IImage {
  const color = about.kind === "rgb";
  const [center, width] = about.window ?? [(about.low + about.high) / 2, Math.max(1, about.high - about.low)];
  const [rowSpacing, columnSpacing] = about.spacing ?? [1, 1];
  const size = { width: about.columns, height: about.rows };
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({ ...size, scalarData: pixels, numberOfComponents: color ? 3 : 1 });
  return {
    imageId, ...size, rows: about.rows, columns: about.columns, color, rgba: false, numberOfComponents: color ? 3 : 1,
    minPixelValue: about.low, maxPixelValue: about.high, slope: 1, intercept: 0,
    windowCenter: color ? 127.5 : center, windowWidth: color ? 255 : width, voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    getPixelData: () => pixels, getCanvas: () => null,
    rowPixelSpacing: rowSpacing, columnPixelSpacing: columnSpacing, invert: about.invert, sizeInBytes: pixels.byteLength,
    dataType: pixels.constructor.name as Types.PixelDataTypedArrayString, voxelManager,
  } as unknown as Types.IImage; // prettier: the library's own type asks for fields that only its CPU path fills
}

/** What Cornerstone asks about an image. A length is in mm only where the file says how large a pixel is. */
function describe(type: string, imageId: string): unknown {
  const about = known.get(imageId);
  if (!about) return undefined;
  const cosines = about.cosines ?? FLAT;
  const color = about.kind === "rgb";
  if (type === "imagePixelModule") {
    const bits = color ? 8 : about.kind === "float32" ? 32 : 16;
    const photometricInterpretation = color ? "RGB" : about.invert ? "MONOCHROME1" : "MONOCHROME2";
    return { bitsAllocated: bits, bitsStored: bits, highBit: bits - 1, samplesPerPixel: color ? 3 : 1, photometricInterpretation, pixelRepresentation: about.kind === "int16" ? 1 : 0, rows: about.rows, columns: about.columns };
  }
  if (type === "imagePlaneModule") {
    const [rowPixelSpacing, columnPixelSpacing] = about.spacing ?? [1, 1];
    return { rows: about.rows, columns: about.columns, imageOrientationPatient: cosines, rowCosines: cosines.slice(0, 3), columnCosines: cosines.slice(3, 6), imagePositionPatient: about.place ?? [0, 0, 0], rowPixelSpacing, columnPixelSpacing, pixelSpacing: [rowPixelSpacing, columnPixelSpacing], usingDefaultValues: !about.spacing, frameOfReferenceUID: "one" };
  }
  if (type === "generalSeriesModule") return { modality: about.modality };
  if (type === "modalityLutModule") return { rescaleSlope: 1, rescaleIntercept: 0, rescaleType: about.modality === "CT" ? "HU" : "US" };
  if (type === "voiLutModule" && about.window) return { windowCenter: [about.window[0]], windowWidth: [about.window[1]] };
  return undefined;
}

const modalities = new Map<string, string>();

/** Say which modality the images of a stack are of, before they are loaded. */
export function announce(imageIds: string[], modality: string): void {
  for (const imageId of imageIds) modalities.set(imageId, modality);
}

export function registerFrames(): void {
  metaData.addProvider(describe, 10000);
  imageLoader.registerImageLoader(SCHEME, (imageId: string) => ({ promise: read(imageId, modalities.get(imageId) ?? "") }));
}
