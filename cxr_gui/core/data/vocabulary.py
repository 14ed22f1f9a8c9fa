"""What the name of a folder says: a split, a class, which of two classes is the positive one, or masks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

Words = tuple[str, ...]

_HUMP, _WORD = re.compile(r"(?<=[a-z])(?=[A-Z])"), re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=4096)
def words(name: str) -> Words:
    """The words and numbers of a name, without case and accents: Test_set and testSet are test, set."""
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return tuple(_WORD.findall(_HUMP.sub(" ", name).casefold()))


def _names(listed: str) -> frozenset[str]:
    """Names as `words` has them, from a list with commas."""
    return frozenset(" ".join(words(name)) for name in listed.split(","))


SPLITS = {
    **dict.fromkeys(("train", "training", "trn", "trainval", "entrenamiento", "treino"), "train"),
    **dict.fromkeys(("treinamento", "entrainement", "addestramento"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validacion", "validacao"), "validation"),
    **dict.fromkeys(("validierung", "validazione"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "prueba", "teste"), "test"),
}
_ABOUT = (
    "data|daten|sub|sets?|images?|imgs?|files?|folder|split|samples?|films?|radiographs?|x?rays?|cxr|chest|"
    r"png|jpe?g|dicom|dcm|\d"
)  # no two of them make a third: names of any length are matched at once
_WRAPPER = re.compile(rf"(?!\d+$)(?:{_ABOUT})+")
_SPLIT = re.compile(rf"(?:{_ABOUT})*({'|'.join(sorted(SPLITS, key=len, reverse=True))})(?:{_ABOUT})*")

_SOUND = _names(
    "normal,normals,normale,normales,normais,negative,negativo,negativa,negatif,negativ,healthy,"
    "saudável,saudáveis,sano,sana,sanos,sain,saine,sains,gesund,gezond,frisk,terve,zdrowy,zdravý,sağlıklı,"
    "sehat,здоровый,здоровые,норма,健康,正常,陰性,阴性,정상,سليم"
)
_UNSOUND = _names(
    "positive,positivo,positiva,positif,positiv,abnormal,abnormale,anormal,anormale,sick,ill,disease,"
    "diseased,infected,affected,doença,doente,doentes,enfermo,enfermedad,malade,maladie,krank,krankheit,"
    "malato,malattia,больной,больные,陽性,阳性,異常,异常"
)
NEGATIVE = _SOUND | _names("control,controls,none,no finding,no findings,nofinding,clear,0,false,no")
POSITIVE = _UNSOUND | _names(
    "pneumonia,pneumonie,neumonía,polmonite,opacity,lung opacity,covid,covid 19,tuberculosis,tb,1,true,yes"
)
_NEGATIONS = _names("no,non,not,none,without,free,un,sem,não,sin,sans,ohne,nicht,kein,keine,senza,zonder,bez")

_MASKS = _names("segmentation,segmentations,ground truth,ground truths,groundtruth,groundtruths")
_MASKED = re.compile("m.{1,2}s[kcq]|segment|truth", re.IGNORECASE)  # a quick look: á may be two letters
_OF_A_MASK = ("mask", "masks", "masken", "mascara", "mascaras", "masque", "masques")
_NO_MASK = _NEGATIONS | {"with", "and", "image", "images"}
_IMAGES = _names("images,image,imgs,img,films,xrays,x rays,radiographs")


def split_of(name: str) -> str | None:
    """The split that a name says, as train_data, Test_set and validation_images do."""
    found = _SPLIT.fullmatch("".join(words(name)))
    return SPLITS[found[1]] if found else None


def is_wrapper(name: str) -> bool:
    """True for a name that says no more than images_001 and data do: no class."""
    return _WRAPPER.fullmatch("".join(words(name))) is not None


def is_negative(name: str) -> bool:
    """True for a known name of a negative class."""
    return " ".join(words(name)) in NEGATIVE


def is_positive(name: str) -> bool:
    """True for a known name of a positive class."""
    return " ".join(words(name)) in POSITIVE


def is_class_word(name: str) -> bool:
    """True for the name of a class that is known here."""
    return is_negative(name) or is_positive(name)


def holds_masks(parts: Iterable[str]) -> bool:
    """True for a path of folders that says masks, and not images further down."""
    masked = False
    if not _MASKED.search("/".join(parts)):
        return masked  # in no time, for nearly all
    for said in map(words, parts):
        if " ".join(said) in _IMAGES:
            masked = False
        elif " ".join(said) in _MASKS or (
            any(word.endswith(_OF_A_MASK) for word in said) and _NO_MASK.isdisjoint(said)
        ):
            masked = True
    return masked


def class_order(names: Collection[str]) -> tuple[str, str] | None:
    """Two class names as (negative, positive), when the words say it; None when it must be guessed."""
    first, second = sorted(names)
    difference = _sign(words(first)) - _sign(words(second))
    if not difference:
        if _sign(words(first)):
            return None  # two diseases, or two words for health
        difference = _negates(second, first) - _negates(first, second)
    if not difference:
        return None
    return (first, second) if difference < 0 else (second, first)


def _sign(said: Words) -> int:
    """-1 for the name of a negative class, 1 for that of a positive one, 0 where the words are not known."""
    whole = " ".join(said)
    if whole in NEGATIVE or whole in POSITIVE:
        return 1 if whole in POSITIVE else -1
    rest = tuple(word for word in said if word not in _NEGATIONS)
    if rest and len(rest) < len(said):
        return -(_sign(rest) or 1)
    for prefix in ("un", "non"):
        if whole.startswith(prefix) and (sign := _sign(words(whole.removeprefix(prefix)))):
            return -sign
    return (not _UNSOUND.isdisjoint(said)) - (not _SOUND.isdisjoint(said))


def _negates(name: str, other: str) -> bool:
    """True for uninfected of infected, and sem doença of doença."""
    said = "".join(words(name))
    rest = said.removesuffix("".join(words(other)))
    return rest != said and rest in _NEGATIONS | {"in"}
