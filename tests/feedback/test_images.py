"""Images as completions: uploaded, checked, stored once, shown safely, asked about."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow

from feedback import services
from feedback.errors import InvalidInput
from feedback.media import LONGEST_URL, read_media
from feedback.models import Completion, Image, Item, Project, User
from feedback.selectors.images import shown_media
from feedback.services.content import digest_of
from tests.cast import ApiOf, ClientOf, new_item

RED = (200, 30, 30)
URL = "https://images.example/cat.png"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    """Uploads of a test lie in a directory of its own."""
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**local, "OPTIONS": {"location": tmp_path}},
    }


def picture(form: str = "PNG", size: tuple[int, int] = (6, 4), **options: Any) -> bytes:
    """A small image, encoded."""
    out = io.BytesIO()
    Pillow.new("RGB", size, RED).save(out, form, **options)
    return out.getvalue()


def upload(project: Project, data: bytes) -> Image:
    image, _ = services.add_image(project, io.BytesIO(data))
    return image


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
    ],
)
def test_each_format_is_what_decoding_says(project: Project, form: str, media_type: str) -> None:
    image = upload(project, picture(form))
    assert (image.media_type, image.width, image.height) == (media_type, 6, 4)


def test_an_image_is_stored_once(project: Project, thumbs_project: Project, tmp_path: Path) -> None:
    data = picture()
    first, new = services.add_image(project, io.BytesIO(data))
    again, anew = services.add_image(project, io.BytesIO(data))
    assert (first.pk, new, anew) == (again.pk, True, False)
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1
    assert first.file.open("rb").read() == data
    elsewhere, new = services.add_image(thumbs_project, io.BytesIO(data))
    assert new
    assert elsewhere.file.name != first.file.name


def test_a_photo_on_its_side_is_as_high_as_it_is_shown(project: Project) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    image = upload(project, picture("JPEG", (6, 4), exif=exif))
    assert (image.width, image.height) == (4, 6)


BOMB = picture("PNG", (8000, 8000))  # 64 million pixels in some kilobytes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_an_image"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "not_an_image",
        ),
        (b"<!doctype html><script>alert(1)</script>", "not_an_image"),
        (b"\x89PNG\r\n\x1a\n" + b"<html>" * 20, "not_an_image"),
        (picture("BMP"), "not_an_image"),
        (picture("TIFF"), "not_an_image"),
        (picture("PNG", (200, 200))[:200], "damaged_image"),
        (picture("JPEG", (200, 200))[:-300], "damaged_image"),
        (BOMB, "too_many_pixels"),
        (picture("PNG") + b"\0" * (20 * 2**20), "image_too_large"),
    ],
    ids=["empty", "svg", "html", "header", "bmp", "tiff", "cut", "cut-jpeg", "bomb", "large"],
)
def test_what_is_no_image_is_refused(
    project: Project, tmp_path: Path, data: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        upload(project, data)
    assert refused.value.code == code
    assert not Image.objects.exists()
    assert not list(tmp_path.iterdir())


def test_upload_and_look(
    project: Project, owner: User, annotator: User, api_of: ApiOf, client_of: ClientOf
) -> None:
    """The client's name and type of the file count for nothing."""
    url = f"/api/v1/projects/{project.slug}/images/"
    data = picture("WEBP")

    def send() -> Any:
        file = SimpleUploadedFile("x.html", data, content_type="text/html")
        return api_of(owner).post(url, {"file": file}, format="multipart")

    made = send()
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["width"], body["height"], body["media_type"]) == (6, 4, "image/webp")
    assert send().status_code == 200
    seen: Any = client_of(annotator).get(body["url"])
    assert b"".join(seen.streaming_content) == data
    assert seen["Content-Type"] == "image/webp"
    assert seen["X-Content-Type-Options"] == "nosniff"
    assert seen["Content-Disposition"] == "inline"
    assert "private" in seen["Cache-Control"]
    assert "sandbox" in seen["Content-Security-Policy"]


def test_upload_in_the_browser(project: Project, owner: User, client_of: ClientOf) -> None:
    client, url = client_of(owner), reverse("images", args=[project.slug])
    response = client.post(url, {"file": SimpleUploadedFile("x.png", picture())}, follow=True)
    assert Image.objects.get().digest in response.content.decode()
    refused = client.post(url, {"file": SimpleUploadedFile("x.png", b"<svg/>")})
    assert refused.status_code == 400
    assert "not_an_image" in refused.content.decode()


def test_an_upload_that_is_refused_says_why(project: Project, owner: User, api_of: ApiOf) -> None:
    url = f"/api/v1/projects/{project.slug}/images/"
    file = SimpleUploadedFile("x.png", b"<svg/>", content_type="image/png")
    refused = api_of(owner).post(url, {"file": file}, format="multipart")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "not_an_image"
    assert api_of(owner).post(url, {}, format="multipart").status_code == 400


def test_an_image_is_of_its_project(
    project: Project, thumbs_project: Project, owner: User, client_of: ClientOf
) -> None:
    digest = upload(project, picture()).digest
    client = client_of(owner)
    found: Any = client.get(reverse("image", args=[project.slug, digest]))
    assert found.status_code == 200
    assert b"".join(found.streaming_content)  # which closes the file
    assert client.get(reverse("image", args=[thumbs_project.slug, digest])).status_code == 404
    for path in ("../../secret_key", "..%2Fsecret_key", f"{digest}/../x", digest[:-1]):
        assert client.get(f"/projects/{project.slug}/images/{path}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("owner", 200),
        ("reviewer", 200),
        ("annotator", 200),
        ("staff", 200),
        ("stranger", 404),
        (None, 302),
    ],
)
def test_who_may_look(
    role: str | None, status: int, project: Project, client_of: ClientOf, request: Any
) -> None:
    user = request.getfixturevalue(role) if role else None
    url = reverse("image", args=[project.slug, upload(project, picture()).digest])
    response: Any = client_of(user).get(url)
    assert response.status_code == status
    if status == 200:
        assert b"".join(response.streaming_content)
    assert client_of(user).post(url).status_code in {302, 405}


@pytest.mark.parametrize(
    "media",
    [
        "https://a.example/x.png",
        {"type": "video", "url": URL},
        {"type": "image"},
        {"type": "image", "url": URL, "sha256": "0" * 64},
        {"type": "image", "url": "http://a.example/x.png"},
        {"type": "image", "url": "javascript:alert(1)"},
        {"type": "image", "url": "data:image/png;base64,AAAA"},
        {"type": "image", "url": "https://"},
        {"type": "image", "url": "https://user:pw@a.example/x.png"},
        {"type": "image", "url": "https://a.example:99999/x.png"},
        {"type": "image", "url": 'https://a.example/"onerror="x'},
        {"type": "image", "url": "https://a.example/a b.png"},
        {"type": "image", "url": "https://a.example/\x00"},
        {"type": "image", "url": "https://a.example/" + "x" * LONGEST_URL},
        {"type": "image", "url": 5},
        {"type": "image", "sha256": "ABC"},
        {"type": "image", "sha256": 7},
        {"type": "image", "url": URL, "onload": "x"},
        {"type": "image", "url": URL, "alt": 3},
        {"type": "image", "url": URL, "width": 0},
        {"type": "image", "url": URL, "height": True},
        {"type": "image", "url": URL, "height": "5"},
    ],
)
def test_media_that_cannot_be_used(media: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_media(media)
    assert refused.value.code == "bad_media"


def test_media_is_kept_in_one_order() -> None:
    said = {"alt": "A cat", "url": URL, "type": "image", "width": 5, "height": None}
    assert list(read_media(said)) == ["type", "url", "alt", "width"]


def test_items_of_images_over_rest(project: Project, owner: User, api_of: ApiOf) -> None:
    """Media goes in and comes out; a known image has its size, and an address to see it at."""
    image = upload(project, picture())
    completions = [
        {"media": {"type": "image", "url": URL, "alt": "A cat"}, "label": "model-a"},
        {"media": {"type": "image", "sha256": image.digest}, "label": "model-b"},
    ]
    url = f"/api/v1/projects/{project.slug}/items/"
    body = {"prompt": "A cat.", "completions": completions, "external_id": "cats"}
    made = api_of(owner).post(url, body)
    assert made.status_code == 201, made.content
    first, second = (c["media"] for c in made.json()["completions"])
    assert first == {"type": "image", "url": URL, "alt": "A cat"}
    assert second["sha256"] == image.digest
    assert (second["width"], second["height"]) == (6, 4)
    assert second["url"] == reverse("image", args=[project.slug, image.digest])
    assert api_of(owner).post(url, body).status_code == 200
    completions[0]["media"] = {"type": "image", "url": URL + "?2"}
    other = api_of(owner).post(url, body)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "external_id_conflict")
    listed = api_of(owner).get(url).json()["results"][0]["completions"]
    assert [c["text"] for c in listed] == ["", ""]


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        ({"media": {"type": "image", "url": "http://a.example/x.png"}}, "bad_media"),
        ({"media": {"type": "image", "sha256": "0" * 64}}, "unknown_image"),
        ({}, "empty_completion"),
        ({"media": "x"}, "invalid_input"),
    ],
)
def test_an_item_with_a_wrong_image_leaves_nothing(
    project: Project, owner: User, api_of: ApiOf, completion: dict[str, Any], code: str
) -> None:
    url = f"/api/v1/projects/{project.slug}/items/"
    body = {"prompt": "A cat.", "completions": [{"text": "b"}, completion]}
    refused = api_of(owner).post(url, body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert not Item.objects.exists()
    assert not Completion.objects.exists()


def test_an_image_of_another_project_is_unknown(project: Project, thumbs_project: Project) -> None:
    media = {"type": "image", "sha256": upload(thumbs_project, picture()).digest}
    outcome = add(project, services.NewCompletion("", {}, media), services.NewCompletion("b"))
    assert outcome.error is not None
    assert outcome.error.code == "unknown_image"


def add(project: Project, *completions: services.NewCompletion, **options: Any) -> Any:
    """An item about the completions."""
    kinds = options.pop("kinds", project.kinds)
    messages = [{"role": "user", "content": "A cat."}]
    new = services.NewItem(messages=messages, completions=completions, kinds=kinds)
    (outcome,) = services.add_items(project, [new], **options)
    return outcome


def test_equal_images_are_one_completion_where_equal_ones_are_reused(project: Project) -> None:
    cat = services.NewCompletion("", {"label": "a"}, {"type": "image", "url": URL})
    dog = services.NewCompletion("", {"label": "a"}, {"type": "image", "url": URL + "?dog"})
    first = add(project, cat, dog, reuse_equal=True)
    assert first.status == "created", first.error
    assert add(project, cat, dog, reuse_equal=True).item == first.item
    assert Completion.objects.count() == 2


def test_items_of_texts_keep_their_digest(project: Project) -> None:
    """What was stored before there were images is found again."""
    item = new_item(project)
    shown = [["Four.", "model-a"], ["Five.", "model-b"]]
    said = [{"kind": "pairwise", "version": item.kinds[0]["version"], "settings": {}}]
    assert item.digest == digest_of([item.prompt.digest, None, shown, said])


def test_a_kind_about_text_takes_no_bare_image(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feedback.kinds import get_kind

    monkeypatch.setattr(type(get_kind("pairwise")), "images", False)
    bare = services.NewCompletion("", {}, {"type": "image", "url": URL})
    told = services.NewCompletion("A cat.", {}, {"type": "image", "url": URL})
    outcome = add(project, services.NewCompletion("a"), bare)
    assert outcome.error is not None
    assert outcome.error.code == "image_not_suited"
    assert "completion 1" in outcome.error.message
    assert add(project, services.NewCompletion("a"), told).error is None


def test_no_image_is_shown_as_none(project: Project) -> None:
    assert shown_media(project, None) is None
