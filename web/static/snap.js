// Corners of parcels in sight, to which a drawn point snaps: taken from the tiles that are on the map already.

const REACH_PX = 10;

/** Give the corner of a parcel within reach of a place, or the place itself. */
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
