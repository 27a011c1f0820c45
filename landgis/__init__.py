"""A land-stock service for industrial parks: what lies idle, what is badly used, who should leave, swap or build up."""

import os
from typing import Final

__version__ = "0.1.0"

#: The drivers of GDAL that open files of users (`landgis.readers`) and write ours; MEM holds a layer between two of its steps.
GDAL_DRIVERS: Final = frozenset({
    "DXF", "ESRI Shapefile", "FlatGeobuf", "GML", "GPKG", "GeoJSON", "GeoJSONSeq", "LIBKML", "MEM", "MapInfo File", "OpenFileGDB",
    "TopoJSON",
})  # fmt: skip

# GDAL reads this once, when its drivers are registered, and more than one room imports it: hence here, before any of them.
_SWITCHED_OFF: Final = (
    "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "EDIGEO", "EEDA", "ESRIJSON",
    "Elasticsearch", "GDALG", "GPSBabel", "GPX", "GTFS", "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LVBAG", "MBTiles",
    "MVT", "MapML", "MiraMonVector", "NGW", "OAPIF", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "OSM", "PCIDSK", "PDF",
    "PDS4", "PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "VDV", "VFK", "VICAR", "WAsP", "WFS", "XLSX",
)  # fmt: skip
os.environ.setdefault("GDAL_SKIP", ",".join(_SWITCHED_OFF))
