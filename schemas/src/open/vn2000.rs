//! From the plane coordinates of VN-2000 to longitude and latitude of WGS84.
//!
//! Two steps: the inverse transverse Mercator projection (Krüger's series, exact to a micrometre within
//! the country), then the seven-parameter shift between the two datums. Leaving the shift out moves
//! every place by about 220 m. Our own hundred lines: they run for every vertex of every public outline,
//! and a general projection library would be the crate's largest dependency.

/// Semi-major axis in metres and flattening: VN-2000 uses the ellipsoid of WGS84.
pub(super) const AXIS: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Square of the eccentricity.
pub(super) const E2: f64 = FLATTENING * (2.0 - FLATTENING);
/// Third flattening, in whose powers Krüger's series run.
const N: f64 = FLATTENING / (2.0 - FLATTENING);
/// Radius of the sphere on which a meridian is as long.
const RECTIFYING_RADIUS: f64 = AXIS / (1.0 + N) * (1.0 + N * N / 4.0 + N * N * N * N / 64.0);
/// Krüger's β, from the plane back to the sphere.
const BETA: [f64; 4] = [
    N / 2.0 - 2.0 / 3.0 * N * N + 37.0 / 96.0 * N * N * N - N * N * N * N / 360.0,
    N * N / 48.0 + N * N * N / 15.0 - 437.0 / 1440.0 * N * N * N * N,
    17.0 / 480.0 * N * N * N - 37.0 / 840.0 * N * N * N * N,
    4397.0 / 161_280.0 * N * N * N * N,
];
const FALSE_EASTING: f64 = 500_000.0;

/// "VN-2000 to WGS 84 (2)": metres, arc seconds in the coordinate-frame convention, parts per million.
const SHIFT: [f64; 3] = [-191.904_414_29, -39.303_182_79, -111.450_328_35];
const ROTATION: [f64; 3] = [-0.009_288_36, 0.019_754_79, -0.004_273_72];
const SCALE_PPM: f64 = 0.252_906_278;
const ARC_SECOND: f64 = std::f64::consts::PI / 648_000.0;

/// A projected reference system, by its EPSG number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Zone {
    srid: u32,
    /// Degrees east.
    central_meridian: f64,
    scale: f64,
}

const fn three_degrees(srid: u32, central_meridian: f64) -> Zone {
    Zone { srid, central_meridian, scale: 0.9999 }
}

const fn six_degrees(srid: u32, central_meridian: f64) -> Zone {
    Zone { srid, central_meridian, scale: 0.9996 }
}

static ZONES: [Zone; 20] = [
    six_degrees(3405, 105.0),
    six_degrees(3406, 111.0),
    three_degrees(5896, 102.0),
    three_degrees(5897, 105.0),
    three_degrees(5898, 108.0),
    three_degrees(5899, 107.75),
    three_degrees(9205, 103.0),
    three_degrees(9206, 104.0),
    three_degrees(9207, 104.5),
    three_degrees(9208, 104.75),
    three_degrees(9209, 105.5),
    three_degrees(9210, 105.75),
    three_degrees(9211, 106.0),
    three_degrees(9212, 106.25),
    three_degrees(9213, 106.5),
    three_degrees(9214, 107.0),
    three_degrees(9215, 107.25),
    three_degrees(9216, 107.5),
    three_degrees(9217, 108.25),
    three_degrees(9218, 108.5),
];

impl Zone {
    /// By the number as a row writes it.
    pub(crate) fn of(srid: &str) -> Option<Zone> {
        let srid: u32 = srid.parse().ok()?;
        ZONES.iter().find(|zone| zone.srid == srid).copied()
    }

    pub(crate) fn srid(self) -> u32 {
        self.srid
    }

    /// Metres east and north → degrees of WGS84, longitude first.
    pub(crate) fn to_wgs84(self, east: f64, north: f64) -> (f64, f64) {
        shift(self.unproject(east, north))
    }

    /// The place as the normal of VN-2000's ellipsoid, of length 1: what an angle is wanted for next is its
    /// sine and cosine, and those are here already.
    fn unproject(self, east: f64, north: f64) -> [f64; 3] {
        let xi = north / (self.scale * RECTIFYING_RADIUS);
        let eta = (east - FALSE_EASTING) / (self.scale * RECTIFYING_RADIUS);
        let (sin, cos) = (2.0 * xi).sin_cos();
        let (rise, fall) = ((2.0 * eta).exp(), (-2.0 * eta).exp());
        let (sinh, cosh) = (f64::midpoint(rise, -fall), f64::midpoint(rise, fall));
        let (mut xi_sphere, mut eta_sphere) = (xi, eta);
        // sin(2k(ξ + iη)) for k = 1, 2, …: each from the two before it.
        let twice_cos = (2.0 * cos * cosh, -2.0 * sin * sinh);
        let (mut before, mut wave) = ((0.0, 0.0), (sin * cosh, cos * sinh));
        for beta in BETA {
            xi_sphere -= beta * wave.0;
            eta_sphere -= beta * wave.1;
            let next = (
                twice_cos.0 * wave.0 - twice_cos.1 * wave.1 - before.0,
                twice_cos.0 * wave.1 + twice_cos.1 * wave.0 - before.1,
            );
            (before, wave) = (wave, next);
        }
        let sinh = eta_sphere.sinh();
        let (sin, cos) = xi_sphere.sin_cos();
        let across = length(sinh, cos);
        let tangent = geodetic_tangent(sin / across);
        let (sin_east, cos_east) = (sinh / across, cos / across);
        let (sin_meridian, cos_meridian) = self.central_meridian.to_radians().sin_cos();
        let cos_latitude = 1.0 / length(1.0, tangent);
        [
            cos_latitude * (cos_east * cos_meridian - sin_east * sin_meridian),
            cos_latitude * (sin_east * cos_meridian + cos_east * sin_meridian),
            cos_latitude * tangent,
        ]
    }
}

/// Without the care of `hypot` for numbers near the ends of the range, which costs more than the root.
fn length(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// Tangent of the conformal latitude → of the geodetic one, by Newton's method: from this start
/// two steps are exact.
fn geodetic_tangent(conformal: f64) -> f64 {
    let mut tangent = conformal / (1.0 - E2);
    for _ in 0..2 {
        let secant = length(1.0, tangent);
        let sigma = sinh_of_isometric(tangent / secant);
        let reached = tangent * length(1.0, sigma) - sigma * secant;
        tangent += (conformal - reached) / length(1.0, reached)
            * (1.0 + (1.0 - E2) * tangent * tangent)
            / ((1.0 - E2) * secant);
    }
    tangent
}

/// sinh(e·artanh(e·sine)), by series that end below the last digit: both arguments are small.
fn sinh_of_isometric(sine: f64) -> f64 {
    let square = E2 * sine * sine;
    let series = [1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0];
    let part = series.iter().fold(0.0, |sum, term| sum * square + term);
    let isometric = E2 * sine * part;
    isometric * (1.0 + isometric * isometric / 6.0 * (1.0 + isometric * isometric / 20.0))
}

/// A normal of VN-2000's ellipsoid → degrees of WGS84.
fn shift([x, y, z]: [f64; 3]) -> (f64, f64) {
    let normal = AXIS / (1.0 - E2 * z * z).sqrt();
    let (x, y, z) = (normal * x, normal * y, normal * (1.0 - E2) * z);
    let [rx, ry, rz] = ROTATION.map(|seconds| seconds * ARC_SECOND);
    let scale = 1.0 + SCALE_PPM * 1e-6;
    let x_wgs = SHIFT[0] + scale * (x + rz * y - ry * z);
    let y_wgs = SHIFT[1] + scale * (y - rz * x + rx * z);
    let z_wgs = SHIFT[2] + scale * (z + ry * x - rx * y);
    // Bowring's formula: within kilometres of the ellipsoid exact to a micrometre.
    let minor = AXIS * (1.0 - FLATTENING);
    let from_axis = length(x_wgs, y_wgs);
    let reduced = z_wgs * AXIS / (from_axis * minor);
    let cos = 1.0 / length(1.0, reduced);
    let sin = reduced * cos;
    let rise = z_wgs + E2 / (1.0 - E2) * minor * sin.powi(3);
    let run = from_axis - E2 * AXIS * cos.powi(3);
    (y_wgs.atan2(x_wgs).to_degrees(), (rise / run).atan().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PROJ's results for EPSG:9210: longitude, latitude, east, north, the latter to a millimetre.
    const PROJ: [(f64, f64, f64, f64); 5] = [
        (106.2578, 22.6657, 551_987.561, 2_507_463.225),
        (106.724, 22.854, 599_761.212, 2_528_554.407),
        (105.6742, 22.9473, 492_030.864, 2_538_557.596),
        (106.05, 22.98, 530_562.439, 2_542_207.967),
        (106.573, 22.483, 584_491.450, 2_487_376.989),
    ];

    /// Half a millimetre in the vectors, and one more because PROJ kept the height that its forward shift
    /// gave: 2e-8° together. The seventh decimal is 1e-7°, the shift's own accuracy a metre.
    #[test]
    fn agrees_with_proj() {
        let zone = Zone::of("9210").unwrap();
        for (longitude, latitude, east, north) in PROJ {
            let found = zone.to_wgs84(east, north);
            assert!((found.0 - longitude).abs() < 2e-8, "{found:?}");
            assert!((found.1 - latitude).abs() < 2e-8, "{found:?}");
        }
    }

    /// Longitude and latitude of a normal, in degrees.
    fn angles([x, y, z]: [f64; 3]) -> (f64, f64) {
        (y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees())
    }

    /// The same by the textbook: every angle an angle, every iteration to its end.
    fn by_the_book(zone: Zone, east: f64, north: f64) -> (f64, f64) {
        let xi = north / (zone.scale * RECTIFYING_RADIUS);
        let eta = (east - FALSE_EASTING) / (zone.scale * RECTIFYING_RADIUS);
        let (mut xi_sphere, mut eta_sphere) = (xi, eta);
        for (beta, multiple) in BETA.into_iter().zip([2.0, 4.0, 6.0, 8.0]) {
            xi_sphere -= beta * (multiple * xi).sin() * (multiple * eta).cosh();
            eta_sphere -= beta * (multiple * xi).cos() * (multiple * eta).sinh();
        }
        let longitude =
            zone.central_meridian.to_radians() + eta_sphere.sinh().atan2(xi_sphere.cos());
        let conformal = xi_sphere.sin() / eta_sphere.sinh().hypot(xi_sphere.cos());
        let e = E2.sqrt();
        let mut latitude = conformal.atan();
        for _ in 0..20 {
            let sigma = (e * (e * latitude.sin()).atanh()).sinh();
            latitude = ((conformal + sigma / latitude.cos()) / sigma.hypot(1.0)).atan();
        }
        let normal = AXIS / (1.0 - E2 * latitude.sin().powi(2)).sqrt();
        let at = [
            normal * latitude.cos() * longitude.cos(),
            normal * latitude.cos() * longitude.sin(),
            normal * (1.0 - E2) * latitude.sin(),
        ];
        let [rx, ry, rz] = ROTATION.map(|seconds| seconds * ARC_SECOND);
        let turned = [
            at[0] + rz * at[1] - ry * at[2],
            at[1] - rz * at[0] + rx * at[2],
            at[2] + ry * at[0] - rx * at[1],
        ];
        let scale = 1.0 + SCALE_PPM * 1e-6;
        let [x, y, z] = [0, 1, 2].map(|axis| SHIFT[axis] + scale * turned[axis]);
        let mut latitude = z.atan2(x.hypot(y) * (1.0 - E2));
        for _ in 0..20 {
            let normal = AXIS / (1.0 - E2 * latitude.sin().powi(2)).sqrt();
            latitude = (z + E2 * normal * latitude.sin()).atan2(x.hypot(y));
        }
        (y.atan2(x).to_degrees(), latitude.to_degrees())
    }

    proptest::proptest! {
        /// A tenth of a micrometre, anywhere in the country.
        #[test]
        fn agrees_with_the_textbook(zone in proptest::sample::select(&ZONES[..]), east in 200_000.0..800_000.0, north in 900_000.0..2_600_000.0) {
            let (found, expected) = (zone.to_wgs84(east, north), by_the_book(zone, east, north));
            proptest::prop_assert!((found.0 - expected.0).abs() < 1e-12, "{:?} {:?}", found, expected);
            proptest::prop_assert!((found.1 - expected.1).abs() < 1e-12, "{:?} {:?}", found, expected);
        }
    }

    #[test]
    fn without_the_shift_every_place_would_be_two_hundred_metres_off() {
        let zone = Zone::of("9210").unwrap();
        for (longitude, latitude, east, north) in PROJ {
            let (unshifted, parallel) = angles(zone.unproject(east, north));
            let metres_east = (unshifted - longitude) * 111_320.0 * latitude.to_radians().cos();
            let metres_north = (parallel - latitude) * 110_570.0;
            let metres = metres_east.hypot(metres_north);
            assert!((215.0..235.0).contains(&metres), "{metres}");
        }
    }

    /// The same place in three systems of the province: zones differ only in meridian and scale.
    #[test]
    fn zones_agree_on_a_place() {
        let place = Zone::of("9210").unwrap().to_wgs84(599_761.212, 2_528_554.407);
        // On a zone's own meridian the easting is the false one, whatever the latitude.
        for (srid, meridian) in [("3405", 105.0), ("5897", 105.0), ("9211", 106.0)] {
            let zone = Zone::of(srid).unwrap();
            let (longitude, latitude) = angles(zone.unproject(500_000.0, 2_500_000.0));
            assert!((longitude - meridian).abs() < 1e-12);
            // A degree of meridian is 110.7 km here, times the zone's scale.
            assert!((latitude - 2_500_000.0 / zone.scale / 110_640.0).abs() < 0.02);
        }
        // EPSG:3405 by its scale from EPSG:5897: both have the meridian 105°.
        let wide = Zone::of("3405").unwrap();
        let narrow = Zone::of("5897").unwrap();
        let ratio = wide.scale / narrow.scale;
        let (east, north) = (677_000.0, 2_528_000.0);
        let same = wide.to_wgs84(500_000.0 + (east - 500_000.0) * ratio, north * ratio);
        let other = narrow.to_wgs84(east, north);
        assert!((same.0 - other.0).abs() < 1e-12 && (same.1 - other.1).abs() < 1e-12);
        assert!((place.0 - 106.724).abs() < 1e-7);
    }

    #[test]
    fn unknown_systems_have_no_zone() {
        for srid in ["", "4326", "32648", "9219", "-9210", "EPSG:9210"] {
            assert_eq!(Zone::of(srid), None, "{srid}");
        }
    }
}
