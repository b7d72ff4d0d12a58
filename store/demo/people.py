"""The made-up people and groups of the demo school.

Names are pieces to combine, grouped so that they go together. Where a name has no Latin letters,
the part after the slash is how its owner writes it in an email address; an underscore is a space.
"""

from __future__ import annotations

import re
from random import Random

from store import text
from store.frozen import dataclass

DOMAIN = "northfield.example"
PEOPLE = 400


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One person to make: names as they stand in the database, raw."""

    first: str
    last: str
    email: str | None


# share of the school, first names, last names
POOLS: tuple[tuple[int, str, str], ...] = (
    (
        14,
        "Chidi Ngozi Amara Kwame Efua Tunde Zainab Ifeoma Kofi Abena Sade Obinna Fatou Moussa Nia Tendai",
        "Kalu Mensah Adeyemi Balogun Owusu Eze Boateng Diallo Sarr Nwosu Addo Moyo Traoré Kamara Asante",
    ),
    (
        18,
        "Alice Ben Clara Dylan Ellen Fraser Gwen Harriet Isaac Josie Keir Lucy Martha Niall Owen Rhys Tess",
        "Ashdown Barlow Carmody Denholm Eastlake Farrow Garside Holloway Ingram Jessop Kerrigan Loftus "
        "Marchbank O’Rourke Penrose Quill Ravensdale Saltmarsh Thorne Vane-Tempest Whitlock",
    ),
    (
        12,
        "Jürgen Björn Åsa Søren Käthe Anneke Frøydis Jörg Märta Ole Sigrún Þóra Ulrike Wenche Wim Pia",
        "Brandtner Müllerhaus Ødegaard Åkerström Sjövall Löfberg Großmann Weißenfels Jónasdóttir Lindqvist "
        "van-der-Veen Hölderle Kjærgaard Østby Übelacker",
    ),
    (
        12,
        "Zoé Inès François Íñigo João Conceição Chloé Benoît Noémie Raúl Lucía Graça Aurélie Nuño Mireia",
        "Lefèvrier Núñez Peñalver Gonçalves Araújo Brontë D’Aubigné Garçon Ibáñez Magalhães Côté Muñiz Sáenz",
    ),
    (
        10,
        "Łukasz Zdeněk Žaneta Gökçe İpek Ágnes Čestmír Dušan Ewelina Ferenc Işıl Jadwiga Őrs Şule Władysława",
        "Wójtowicz Dvořáček Kovácsházi Yıldızhan Şahinler Čapková Nowacki Přibyl Szűcs Ağaoğlu Ďurica",
    ),
    (
        7,
        "Linh Thị_Mai Quốc Ngọc_Ánh Đức Thuỳ Hương Văn_Hùng Khánh Uyên",
        "Nguyễn Trần Lê Phạm Đặng Bùi Hoàng Vũ Đỗ Dương",
    ),
    (
        4,
        "Ελένη/eleni Γιώργος/giorgos Δήμητρα/dimitra Νίκος/nikos Χρυσάνθη/chrysanthi Οδυσσέας/odysseas",
        "Παπαδάκης/papadakis Καραλή/karali Θεοδώρου/theodorou Ψαρράς/psarras Ξενάκη/xenaki",
    ),
    (
        5,
        "Олена/olena Дмитро/dmytro Ирина/irina Борис/boris Світлана/svitlana Живко/zhivko Ђорђе/djordje",
        "Коваленко/kovalenko Щербак/shcherbak Їжакевич/yizhakevych Морозова/morozova Петровић/petrovic",
    ),
    (
        4,
        "ليلى/layla يوسف/yusuf نور/nour عمر/omar هبة/hiba سلمى/salma",
        "الخطيب/alkhatib حداد/haddad المصري/almasri درويش/darwish شاهين/shahin",
    ),
    (2, "נועה/noa אורי/uri תמר/tamar יונתן/yonatan", "לוי/levi שפירא/shapira ברק/barak אלמוג/almog"),
    (
        4,
        "आरव/aarav दीपिका/deepika कृष्णा/krishna मीनाक्षी/meenakshi सिद्धार्थ/siddharth",
        "शर्मा/sharma द्विवेदी/dwivedi चौधरी/chaudhary मिश्र/mishra त्रिपाठी/tripathi",
    ),
    (2, "สมชาย/somchai กุลธิดา/kulthida พิมพ์ใจ/phimjai", "ศรีสุข/srisuk วงศ์ทอง/wongthong ใจดี/jaidee"),
    (
        4,
        "小雨/xiaoyu 志強/zhiqiang 美玲/meiling 子涵/zihan 建国/jianguo",
        "王/wang 陳/chen 歐陽/ouyang 李/li 趙/zhao 林/lin",
    ),
    (
        4,
        "さくら/sakura 健太/kenta 美咲/misaki ひろし/hiroshi アンナ/anna",
        "佐藤/sato 小林/kobayashi 山口/yamaguchi 長谷川/hasegawa 渡邉/watanabe",
    ),
    (3, "지우/jiwoo 민준/minjun 서연/seoyeon 하늘/haneul", "김/kim 박/park 최/choi 남궁/namgung"),
)

ADMIN, LEADER, MENTOR, MAYA, ANA, CHIDI, HOA, BEN, LU, PIA = range(10)
ODD_FROM = 10

NAMED = (
    PersonPlan("Root", "Admin", f"admin@{DOMAIN}"),
    PersonPlan("Jo", "Ito", f"jo@{DOMAIN}"),
    PersonPlan("Tom", "Reyes", f"tom@{DOMAIN}"),
    PersonPlan("Maya", "Okafor", f"maya@{DOMAIN}"),
    PersonPlan("Ana", "Brandt", f"ana@{DOMAIN}"),
    PersonPlan("Chidi", "Kalu", f"chidi@{DOMAIN}"),
    PersonPlan("Thị Hoa", "Đặng", f"hoa@{DOMAIN}"),
    PersonPlan("Ben", "Adé", f"ben@{DOMAIN}"),
    PersonPlan("Lu", "Chen", f"lu@{DOMAIN}"),
    PersonPlan("Pia", "Solberg", f"pia@{DOMAIN}"),
    # The group "Odd names": markup, escape codes and a bidirectional override, as raw as a file may bring
    # them; emoji of one and of several code points; wide letters; a formula; one letter each.
    PersonPlan(
        "[/][@click=app.quit]Bobby[red]",
        "Tables\x1b[31m\x1b]52;c;bXVzdGVy\x07\u202egnitset",
        f"bobby@{DOMAIN}",
    ),
    PersonPlan(
        "Maximiliana Theodora Anastasia Wilhelmina Philippa Rosalind",
        "von Hohenfels-Ravensburg zu Oberwaldkirchen und Niederwaldkirchen-Sonnenau",
        f"max@{DOMAIN}",
    ),
    PersonPlan("Sam 👩‍🚀", "Novak", f"sam@{DOMAIN}"),
    PersonPlan("Robin 🦊", "Foxglove", f"robin@{DOMAIN}"),
    PersonPlan("Ｗｉｄｅ", "Ｌｅｔｔｅｒｓ", f"wide@{DOMAIN}"),
    PersonPlan("Ines 👨‍👩‍👧‍👦🏳️‍🌈", "Távora", f"ines@{DOMAIN}"),
    PersonPlan("=SUM(A1:A9)", "Formula", f"formula@{DOMAIN}"),
    PersonPlan("Q", "Y", None),
)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """One group to make. `parent` is a place in the list or None; `size` the members it draws."""

    name: str
    parent: int | None
    depth: int
    size: int
    description: str


# A line is indented below its parent: name | members | description
TREE = """
Sales | 4 | Everybody who talks to customers before they are customers.
  EMEA | 6 | Europe, the Middle East and Africa.
    Onboarding | 6 | New people in EMEA, their first 90 days.
      Spring cohort | 9 | Started between February and April.
        Buddy pairs | 6 | Two by two, one hour a week.
      Autumn cohort | 8 | Started between August and October.
    Field | 12 |
      DACH | 11 | Germany, Austria, Switzerland.
      Nordics | 9 |
      Ελλάδα και Κύπρος | 7 |
  Americas | 8 |
    North | 16 |
      Enterprise desk | 9 | The ten largest customers.
    South | 11 | São Paulo, Bogotá, Santiago.
  Asia Pacific | 6 |
    東京・営業チーム | 9 | 日本のお客様を担当しています。
    한국 영업 | 7 |
    Oceania | 8 |
Support | 5 | Answers, day and night.
  Tier 1 | 18 | The first reply.
    Chat | 14 |
    Phone | 15 |
      Night shift | 8 | 22:00 to 06:00, Lisbon time.
  Tier 2 | 3 | What the first reply could not solve.
    Escalations | 6 | By invitation: what went wrong twice.
  Knowledge base | 9 |
Engineering | 6 | Those who build it.
  Platform | 14 |
    Reliability | 9 |
  Apps | 12 |
    Mobile | 11 |
      Android | 7 |
        Accessibility guild | 6 | Reads every release with a screen reader.
  Data | 10 |
Operations | 9 | Warehouse, fleet, buildings.
  Warehouse | 20 | Three shifts, one yellow line.
  Fleet | 9 |
People and culture | 8 |
  Mentors in training | 10 | Learning to be the mentor they had, or did not have.
Alumni | 0 | Those who have moved on. Nobody yet.
Odd names | 0 | Names that programs stumble over. For trials.
"""


def groups() -> list[GroupPlan]:
    """All groups, each after its parent."""
    plans: list[GroupPlan] = []
    above: list[int] = []
    for line in TREE.strip().splitlines():
        name, size, description = (part.strip() for part in line.split("|"))
        depth = (len(line) - len(line.lstrip(" "))) // 2
        above = [*above[:depth], len(plans)]
        parent = above[depth - 1] if depth else None
        plans.append(GroupPlan(name, parent, depth + 1, int(size), description))
    return plans


def people(rng: Random) -> list[PersonPlan]:
    """Everybody: those with a part to play first, then people drawn from the pools."""
    weights = [share for share, _, _ in POOLS]
    pools = [(_pieces(firsts), _pieces(lasts)) for _, firsts, lasts in POOLS]
    plans = list(NAMED)
    names = {(person.first, person.last) for person in plans}
    emails = {person.email for person in plans}
    while len(plans) < PEOPLE:
        firsts, lasts = rng.choices(pools, weights)[0]
        (first, first_latin), (last, last_latin) = rng.choice(firsts), rng.choice(lasts)
        email = f"{first_latin}.{last_latin}@{DOMAIN}"
        if (first, last) in names or email in emails:
            continue
        names.add((first, last))
        emails.add(email)
        plans.append(PersonPlan(first, last, email))
    return plans


def _pieces(words: str) -> list[tuple[str, str]]:
    """Each name with its spelling in an email address."""
    pieces = []
    for word in words.split():
        name, _, latin = word.partition("/")
        pieces.append((name.replace("_", " "), latin or re.sub(r"[^a-z]", "", text.fold(name))))
    return pieces
