// The pencil: one tool at a time draws on the map, its points snap to corners of parcels, and no click asks for a parcel meanwhile.

const REACH_PX = 10;
let holder = null;

/** Take the pencil; whoever had it is told by `tool.close()`. */
export function take(map, tool) {
  if (holder && holder !== tool) holder.close();
  holder = tool;
  map.doubleClickZoom.disable();
  map.getContainer().classList.add("pencil");
}

/** Put the pencil down, if this tool has it. */
export function lay(map, tool) {
  if (holder !== tool) return;
  holder = null;
  map.doubleClickZoom.enable();
  map.getContainer().classList.remove("pencil");
}

export const isDrawing = () => holder !== null;

/** Give the corner of a parcel within reach of a place, or the place itself: corners of the tiles that are on the map already. */
export function snapped(map, latlng) {
  const point = map.latLngToContainerPoint(latlng);
  let best = null;
  let least = REACH_PX ** 2;
  map.eachLayer((layer) => {
    if (!layer._drawings) return;
    for (const { coords, size, shapes } of layer._drawings()) {
      for (const shape of shapes) {
        if (shape.kind !== "parcel" || !shape.corners) continue;
        for (const [x, y] of shape.corners) {
          const at = map.latLngToContainerPoint(map.unproject([coords.x * size + x, coords.y * size + y], coords.z));
          const far = (at.x - point.x) ** 2 + (at.y - point.y) ** 2;
          if (far < least) [best, least] = [map.containerPointToLatLng(at), far];
        }
      }
    }
  });
  return best ?? latlng;
}
