/** The place that a camera wrote into a JPEG, read on the phone itself: nothing is sent for it. */

const GPS = 0x8825;
const [LAT_REF, LAT, LON_REF, LON] = [1, 2, 3, 4] as const;

/** Longitude and latitude in degrees (WGS 84), or null where the picture has none. */
export function placeIn(data: ArrayBuffer): [number, number] | null {
  try {
    const view = new DataView(data);
    const start = exifStart(view);
    return start === null ? null : placeOf(view, start);
  } catch (wrong) {
    if (wrong instanceof RangeError) return null; // a picture cut short or written badly: the same as none
    throw wrong;
  }
}

/** Where the TIFF header of the EXIF segment begins. */
function exifStart(view: DataView): number | null {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    if (marker < 0xff00 || marker === 0xffda) return null;
  }
  return null;
}

function placeOf(view: DataView, start: number): [number, number] | null {
  const little = view.getUint16(start) === 0x4949;
  const first = entries(view, start, view.getUint32(start + 4, little), little);
  const gpsAt = first.get(GPS);
  if (gpsAt === undefined) return null;
  const gps = entries(view, start, view.getUint32(gpsAt, little), little);
  const lat = degrees(view, start, gps.get(LAT), gps.get(LAT_REF), little);
  const lon = degrees(view, start, gps.get(LON), gps.get(LON_REF), little);
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180 || (lat === 0 && lon === 0)) return null;
  return [lon, lat];
}

/** Tag → where its value, or the offset of its value, stands. */
function entries(view: DataView, start: number, offset: number, little: boolean): Map<number, number> {
  const found = new Map<number, number>();
  const count = view.getUint16(start + offset, little);
  for (let number = 0; number < count; number++) {
    const at = start + offset + 2 + number * 12;
    found.set(view.getUint16(at, little), at + 8);
  }
  return found;
}

function degrees(view: DataView, start: number, at?: number, side?: number, little = false): number | null {
  if (at === undefined || side === undefined) return null;
  const offset = start + view.getUint32(at, little);
  const part = (number: number) =>
    view.getUint32(offset + number * 8, little) / view.getUint32(offset + number * 8 + 4, little);
  const value = part(0) + part(1) / 60 + part(2) / 3600;
  if (!Number.isFinite(value)) return null;
  const letter = String.fromCharCode(view.getUint8(side));
  return letter === "S" || letter === "W" ? -value : value;
}
