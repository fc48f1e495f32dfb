import hashlib
import io
import os
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sonovista.errors import InputError
from sonovista.geometry.image_files import (
    MAXIMUM_PIXELS,
    NEUTRAL_GREY,
    Photo,
    read_mask,
    read_photo,
    read_rgb,
    write_mask,
    write_rgb,
)


def gradient(height: int = 96, width: int = 128) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 255 // (width - 1), rows * 255 // (height - 1), (rows + columns) % 256], -1).astype(
        np.uint8
    )


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(gradient(300, 400)).save(path, quality=95)
    return path


def line_of(path: Path, read=read_photo) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


# What is handled


def test_a_plain_photo_is_read_as_it_is(jpeg: Path) -> None:
    photo = read_photo(jpeg)
    assert photo.pixels.shape == (300, 400, 3)
    assert photo.pixels.dtype == np.uint8
    assert np.abs(photo.pixels.astype(int) - gradient(300, 400)).mean() < 3
    assert photo.original_size == (400, 300)
    assert photo.sha256 == hashlib.sha256(jpeg.read_bytes()).hexdigest()
    assert photo.notes == ()
    assert photo.focal_length_35mm is None


def test_a_large_photo_is_scaled_down_without_shift(tmp_path: Path) -> None:
    big = gradient(900, 1200)
    for suffix in ("jpg", "png"):
        path = tmp_path / f"big.{suffix}"
        Image.fromarray(big).save(path)
        photo = read_photo(path, max_side=200)
        assert photo.pixels.shape == (150, 200, 3)
        expected = np.asarray(Image.fromarray(big).resize((200, 150), Image.Resampling.BOX))[..., :2].astype(int)
        assert np.abs(photo.pixels[..., :2] - expected).mean() < 1.5
        assert photo.notes == ("scaled down from 1200 x 900",)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    values = np.linspace(0, 65535, 100 * 80).reshape(80, 100)
    path = tmp_path / f"deep.{suffix}"
    Image.fromarray(values.astype(np.uint16)).save(path)
    pixels = read_photo(path).pixels
    np.testing.assert_allclose(pixels, np.repeat((values / 257.0)[..., None], 3, -1), atol=1.01)


def test_sixteen_bit_colour_is_scaled_not_clipped(tmp_path: Path) -> None:
    import cv2

    deep = gradient().astype(np.uint16) * 257
    for suffix in ("png", "tiff"):
        path = tmp_path / f"deep.{suffix}"
        assert cv2.imwrite(str(path), deep[..., ::-1])
        np.testing.assert_allclose(read_photo(path).pixels, gradient(), atol=1)


def test_floating_point_pictures_are_scaled(tmp_path: Path) -> None:
    path = tmp_path / "float.tiff"
    values = np.linspace(0.0, 1.0, 80 * 100, dtype=np.float32).reshape(80, 100)
    Image.fromarray(values).save(path)
    np.testing.assert_allclose(read_photo(path).pixels[..., 0], values * 255.0, atol=0.51)


def test_greyscale_and_bilevel_become_rgb(tmp_path: Path) -> None:
    grey = Image.fromarray(gradient()).convert("L")
    for mode in ("L", "1"):
        path = tmp_path / f"{mode}.png"
        grey.convert(mode).save(path)
        pixels = read_photo(path).pixels
        np.testing.assert_array_equal(pixels, np.asarray(grey.convert(mode).convert("RGB")))


def test_palettes_become_rgb(tmp_path: Path) -> None:
    palette = Image.fromarray(gradient()).quantize(64)
    for suffix in ("png", "gif"):
        path = tmp_path / f"palette.{suffix}"
        palette.save(path)
        photo = read_photo(path)
        np.testing.assert_array_equal(photo.pixels, np.asarray(palette.convert("RGB")))
        assert "palette turned into RGB" in photo.notes


def test_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    Image.fromarray(gradient()).convert("CMYK").save(path, quality=95)
    photo = read_photo(path)
    assert np.abs(photo.pixels[..., :2].astype(int) - gradient()[..., :2]).mean() < 4
    assert "CMYK turned into RGB" in photo.notes


def test_transparency_is_laid_on_grey_and_opaque_alpha_dropped(tmp_path: Path) -> None:
    alpha = np.full((96, 128), 255, np.uint8)
    for name, cut in (("opaque", False), ("cut", True)):
        if cut:
            alpha[:, 64:] = 0
        path = tmp_path / f"{name}.png"
        Image.fromarray(np.dstack([gradient(), alpha])).save(path)
        photo = read_photo(path)
        np.testing.assert_array_equal(photo.pixels[:, :64], gradient()[:, :64])
        if cut:
            assert np.all(photo.pixels[:, 64:] == NEUTRAL_GREY)
            assert any("grey" in note for note in photo.notes)
        else:
            np.testing.assert_array_equal(photo.pixels, gradient())
            assert any("opaque" in note for note in photo.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_photo_upright(tmp_path: Path, orientation: int) -> None:
    upright = gradient()
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, upright)
    assert photo.original_size == (128, 96)


def test_a_wide_gamut_profile_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "lab.png"
    image = Image.fromarray(gradient())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(path, icc_profile=srgb)
    assert np.abs(read_photo(path).pixels.astype(int) - gradient()).max() <= 2
    image.save(path, icc_profile=b"no profile at all")
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, gradient())
    assert any("profile" in note for note in photo.notes)


# EXIF focal length


def with_exif(path: Path, tags: dict[int, object], size: tuple[int, int] = (150, 100)) -> Path:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(tags)
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_the_35mm_equivalent_is_read(tmp_path: Path) -> None:
    assert read_photo(with_exif(tmp_path / "a.jpg", {0xA405: 28})).focal_length_35mm == 28.0


def test_the_focal_plane_gives_the_equivalent(tmp_path: Path) -> None:
    # A sensor of 24 x 16 mm: 50 mm on it are 75 mm on full frame.
    tags = {0x920A: 50.0, 0xA20E: 6000 / 2.4, 0xA20F: 4000 / 1.6, 0xA210: 3, 0xA002: 6000, 0xA003: 4000}
    assert read_photo(with_exif(tmp_path / "a.jpg", tags)).focal_length_35mm == pytest.approx(75.0, rel=1e-3)


def test_a_focal_length_alone_says_nothing(tmp_path: Path) -> None:
    assert read_photo(with_exif(tmp_path / "a.jpg", {0x920A: 4.2})).focal_length_35mm is None


@pytest.mark.parametrize("tags", [{0xA405: 60000}, {0xA405: 50, 0xA002: 4000, 0xA003: 4000}])
def test_an_absurd_or_cropped_focal_length_is_ignored_with_a_note(tmp_path: Path, tags: dict[int, object]) -> None:
    photo = read_photo(with_exif(tmp_path / "a.jpg", tags))
    assert photo.focal_length_35mm is None
    assert len(photo.notes) == 1


# What is refused


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "nothing there" in line_of(tmp_path / "missing.jpg")
    assert "folder" in line_of(tmp_path)
    (tmp_path / "empty.jpg").touch()
    assert "empty" in line_of(tmp_path / "empty.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "special file" in line_of(tmp_path / "pipe.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_refused(jpeg: Path) -> None:
    jpeg.chmod(0)
    assert "may not be read" in line_of(jpeg)


def test_text_named_jpg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("this is no picture\n" * 100)
    assert "none of these" in line_of(path)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_truncated_picture_is_refused(tmp_path: Path, image_format: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), image_format)
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[: int(len(whole) * share)])
    line_of(path)


def test_shapes_that_no_photo_has_are_refused(tmp_path: Path) -> None:
    for size in ((1, 1), (63, 200), (60000, 2), (2000, 100)):
        path = tmp_path / "odd.png"
        Image.new("RGB", size).save(path)
        assert f"{size[0]} x {size[1]}" in line_of(path)


@pytest.mark.parametrize("size", [(20000, 15000), (2**31 - 1, 2**31 - 1), (12000, 8000)])
def test_a_picture_that_unpacks_to_gigabytes_is_refused_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size))
    assert "million pixels" in line_of(path)


def test_a_300_megapixel_jpeg_is_read_in_bounded_memory(tmp_path: Path) -> None:
    # Made of repeated restart intervals, so that the test itself needs no large picture.
    path = tmp_path / "huge.jpg"
    path.write_bytes(giant_jpeg(20000, 15008))
    script = f"""
        import resource
        from sonovista.geometry.image_files import read_photo
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        photo = read_photo({str(path)!r})
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(photo.pixels.shape, photo.original_size, (after - before) // 1024)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    shape_and_size, megabytes = done.stdout.rsplit(maxsplit=1)
    assert shape_and_size == "(1537, 2048, 3) (20000, 15008)"
    assert int(megabytes) < 300


def giant_jpeg(width: int, height: int) -> bytes:
    """A baseline JPEG whose every row of blocks is the same restart interval."""
    strip = encoded(Image.fromarray(gradient(16, width)), "JPEG", quality=50, restart_marker_rows=1)
    start = strip.index(b"\xff\xda")
    scan_start = start + 2 + int.from_bytes(strip[start + 2 : start + 4], "big")
    header, scan = bytearray(strip[:scan_start]), strip[scan_start:-2]
    frame = header.index(b"\xff\xc0")
    header[frame + 5 : frame + 7] = height.to_bytes(2, "big")
    rows = -(-height // 16)
    restarts = [scan + bytes([0xFF, 0xD0 + row % 8]) for row in range(rows - 1)]
    return bytes(header) + b"".join(restarts) + scan + b"\xff\xd9"


def test_a_progressive_jpeg_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    small = bytearray(encoded(Image.fromarray(gradient()), "JPEG", progressive=True))
    frame = small.index(b"\xff\xc2")
    small[frame + 5 : frame + 9] = (15000).to_bytes(2, "big") + (20000).to_bytes(2, "big")
    path = tmp_path / "progressive.jpg"
    path.write_bytes(small)
    assert f"{MAXIMUM_PIXELS // 10**6} million pixels" in line_of(path)


SEEDS = [encoded(Image.fromarray(gradient()), name) for name in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    keep=st.floats(0.0, 1.0),
)
def test_no_damage_makes_anything_but_an_input_error(tmp_path: Path, seed: bytes, cuts: list, keep: float) -> None:
    data = bytearray(seed)
    for place, junk in cuts:
        at = int(place * (len(data) - 1)) if len(data) > 200 else 0
        at = at if place > 0.5 else at % 200  # headers matter most
        data[at : at + len(junk)] = junk
    path = tmp_path / "fuzz.jpg"
    path.write_bytes(bytes(data[: max(1, int(len(data) * keep))]) if keep < 0.9 else bytes(data))
    for read in (read_photo, read_rgb, read_mask):
        try:
            result = read(path)
        except InputError:
            continue
        pixels = result.pixels if isinstance(result, Photo) else result
        assert pixels.dtype in (np.uint8, np.bool_)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), magic=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"]))
def test_no_bytes_make_anything_but_an_input_error(tmp_path: Path, data: bytes, magic: bytes) -> None:
    path = tmp_path / "fuzz.png"
    path.write_bytes(magic + data)
    with pytest.raises(InputError):
        read_photo(path)


# What the program writes


def test_panoramas_and_masks_come_back_as_they_were(tmp_path: Path) -> None:
    write_rgb(tmp_path / "p.png", gradient())
    np.testing.assert_array_equal(read_rgb(tmp_path / "p.png"), gradient())
    mask = gradient()[..., 2] > 100
    write_mask(tmp_path / "m.png", mask)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), mask)


def test_reading_back_keeps_to_its_limits(tmp_path: Path) -> None:
    write_rgb(tmp_path / "p.png", gradient())
    assert "million pixels" in line_of(tmp_path / "p.png", lambda path: read_rgb(path, max_pixels=1000))
    assert "greyscale" in line_of(tmp_path / "p.png", read_mask)


def test_wrong_arrays_are_our_bug() -> None:
    with pytest.raises(ValueError):
        write_rgb("never.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError):
        write_mask("never.png", np.zeros((4, 4), np.uint8))  # type: ignore[arg-type]
