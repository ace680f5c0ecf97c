"""Files that are the same at every run: attachments of mails, drawn signatures."""

import base64
import csv
import io
import math
import random

from PIL import Image, ImageDraw

PDF_OBJECTS = (
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 297] /Contents 4 0 R"
    " /Resources << /Font << /F1 5 0 R >> >> >>",
    "<< /Length {length} >>\nstream\n{stream}\nendstream",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
)


def _png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photo(seed):
    """Return a small PNG that stands for the photo of a broken part."""
    chance = random.Random(f"photo {seed}")
    image = Image.new("RGB", (160, 120), (206, 210, 214))
    draw = ImageDraw.Draw(image)
    draw.rectangle((12, 18, 148, 102), outline=(70, 70, 78), width=3)
    for _hole in range(6):
        x, y, radius = (chance.randint(*r) for r in ((24, 136), (30, 90), (3, 9)))
        shade = chance.randint(60, 150)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), (shade,) * 3)
    crack = [(20, chance.randint(30, 90))]
    while crack[-1][0] < 140:
        x, y = crack[-1]
        crack.append((x + chance.randint(6, 14), y + chance.randint(-9, 9)))
    draw.line(crack, fill=(178, 34, 34), width=2)
    return _png(image)


def letter(lines):
    """Return a PDF of one page with some lines of plain text."""
    shown = [line.encode("ascii", "replace").decode()[:70] for line in lines]
    escaped = [
        line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        for line in shown
    ]
    stream = "BT /F1 11 Tf 30 260 Td 15 TL " + " ".join(
        f"({line}) Tj T*" for line in escaped
    )
    stream += " ET"
    out, offsets = b"%PDF-1.4\n", []
    for number, text in enumerate(PDF_OBJECTS, start=1):
        offsets.append(len(out))
        body = text.format(length=len(stream), stream=stream)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(offsets) + 1
    start = len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer << /Size {size} /Root 1 0 R >>\n".encode()
    return out + f"startxref\n{start}\n%%EOF\n".encode()


def table(pairs):
    """Return a CSV file of names and values, in UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("field", "value"), *pairs])
    return out.getvalue().encode()


def signature(name):
    """Return the PNG of a signature that is drawn for a name, as base64 text."""
    chance = random.Random(f"signature {name}")
    scale, strokes = 3, []
    x, base = 20.0, 62.0
    for word in name.split():
        points = []
        height, lean = chance.uniform(22, 34), chance.uniform(4, 10)
        for step in range(len(word) * 14):
            angle = step * 2 * math.pi / 14
            size = height if step < 14 else chance.uniform(7, 10)
            points.append(
                (x + lean * math.sin(angle), base - size * (1 - math.cos(angle)) / 2)
            )
            x += 0.95
        strokes.append(points)
        x += 12
    strokes.append([(18, base + 9), (x * 0.5, base + 4), (x, base + 11)])
    image = Image.new("L", (int(max(x + 20, 240)) * scale, 90 * scale), 255)
    draw = ImageDraw.Draw(image)
    for points in strokes:
        draw.line([(a * scale, b * scale) for a, b in points], 30, 5, joint="curve")
    small = image.resize((image.width // scale, image.height // scale), Image.LANCZOS)
    return base64.b64encode(_png(small)).decode()
