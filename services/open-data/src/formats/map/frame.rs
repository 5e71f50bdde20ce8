//! What part of the world a picture shows, and where on it a place lies.

use super::Place;

/// Width of the picture; its height follows the shape of the frame.
pub(super) const WIDTH: f64 = 720.0;
const MIN_HEIGHT: f64 = 300.0;
const MAX_HEIGHT: f64 = 620.0;

/// At least this much is shown, so that one single place has surroundings: some 5 km.
const MIN_DEGREES: f64 = 0.05;

/// Share of the frame left free around what is drawn.
const MARGIN: f64 = 0.08;

/// Kilometres of a degree of latitude.
const DEGREE_KM: f64 = 111.2;

pub(super) struct MapFrame {
    west: f64,
    north: f64,
    /// Pixels of a degree.
    x_scale: f64,
    y_scale: f64,
    pub(super) height: f64,
}

impl MapFrame {
    /// None when there is nothing to show.
    pub(super) fn around<'p>(places: impl Iterator<Item = &'p Place>) -> Option<MapFrame> {
        let (mut west, mut east, mut south, mut north) = (f64::MAX, f64::MIN, f64::MAX, f64::MIN);
        for place in places {
            let [lon, lat] = place.map(f64::from);
            (west, east) = (west.min(lon), east.max(lon));
            (south, north) = (south.min(lat), north.max(lat));
        }
        if west > east {
            return None;
        }
        let narrowing = f64::midpoint(south, north).to_radians().cos().max(0.1);
        let wide = (east - west).max(MIN_DEGREES) * (1.0 + 2.0 * MARGIN);
        let high = (north - south).max(MIN_DEGREES) * (1.0 + 2.0 * MARGIN);
        // As many pixels for a kilometre either way; the side with room to spare shows more.
        let height = (WIDTH * high / (wide * narrowing)).clamp(MIN_HEIGHT, MAX_HEIGHT);
        let y_scale = (height / high).min(WIDTH / (wide * narrowing));
        let x_scale = y_scale * narrowing;
        Some(MapFrame {
            west: f64::midpoint(west, east) - WIDTH / x_scale / 2.0,
            north: f64::midpoint(south, north) + height / y_scale / 2.0,
            x_scale,
            y_scale,
            height,
        })
    }

    /// In pixels, to one decimal: more is not seen and only makes the file larger.
    pub(super) fn on(&self, place: Place) -> (f64, f64) {
        let [lon, lat] = place.map(f64::from);
        (tenth((lon - self.west) * self.x_scale), tenth((self.north - lat) * self.y_scale))
    }

    /// Degrees → pixels of the grid's lines.
    pub(super) fn meridians(&self) -> Vec<(f64, f64)> {
        lines(self.west, self.west + WIDTH / self.x_scale)
            .map(|lon| (lon, tenth((lon - self.west) * self.x_scale)))
            .collect()
    }

    pub(super) fn parallels(&self) -> Vec<(f64, f64)> {
        lines(self.north - self.height / self.y_scale, self.north)
            .map(|lat| (lat, tenth((self.north - lat) * self.y_scale)))
            .collect()
    }

    /// A round number of kilometres, and how long it is in pixels.
    pub(super) fn scale_bar(&self) -> (f64, f64) {
        let pixels_per_km = self.y_scale / DEGREE_KM;
        let longest = WIDTH / 4.0 / pixels_per_km;
        let km = [100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5]
            .into_iter()
            .find(|km| *km <= longest)
            .unwrap_or(0.2);
        (km, tenth(km * pixels_per_km))
    }
}

/// Round degrees between two, three to eight of them.
fn lines(from: f64, to: f64) -> impl Iterator<Item = f64> {
    let step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| (to - from) / step <= 8.0)
        .unwrap_or(10.0);
    let first = (from / step).ceil();
    (0..9).map(move |n| (first + f64::from(n)) * step).take_while(move |degree| *degree <= to)
}

fn tenth(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_is_up_and_a_kilometre_is_as_long_either_way() {
        let (south_west, north_east) = ([105.3, 22.4], [106.8, 23.1]);
        let frame = MapFrame::around([south_west, north_east].iter()).unwrap();
        let ((x0, y0), (x1, y1)) = (frame.on(south_west), frame.on(north_east));
        assert!(x0 > 0.0 && y1 > 0.0 && x1 < WIDTH && y0 < frame.height);
        assert!(x1 > x0 && y0 > y1);
        let km = |pixels: f64, degrees: f64| pixels / (degrees * DEGREE_KM);
        let (across, up) = (km(x1 - x0, 1.5 * 22.75_f64.to_radians().cos()), km(y0 - y1, 0.7));
        assert!((across / up - 1.0).abs() < 0.01, "{across} {up}");
        let meridians = frame.meridians();
        assert!((3..=9).contains(&meridians.len()), "{meridians:?}");
    }

    #[test]
    fn one_place_stands_in_the_middle() {
        let frame = MapFrame::around([[106.25, 22.66]].iter()).unwrap();
        let (x, y) = frame.on([106.25, 22.66]);
        assert!((x - WIDTH / 2.0).abs() < 0.2 && (y - frame.height / 2.0).abs() < 0.2);
        assert!(MapFrame::around([].iter()).is_none());
    }
}
