"""What Moodle's language packs call the columns of a grading worksheet, and work that is not handed in.

Languages: English, German, French, Spanish, Portuguese (of Portugal and of Brazil), Italian, Dutch, Polish.
"""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "identifier": (
        "Identifier",
        "ID",
        "Identifiant",
        "Identificador",
        "Número de identificação",
        "Identificativo",
        "Identificatie",
        "Identyfikator",
    ),
    "email": (
        "Email address",
        "E-Mail-Adresse",
        "Adresse de courriel",
        "Dirección de correo",
        "Dirección de correo electrónico",
        "Correo electrónico",
        "Endereço de e-mail",
        "Endereço de email",
        "E-mail",
        "Indirizzo email",
        "E-mailadres",
        "Adres e-mail",
    ),
    "name": (
        "Full name",
        "Vollständiger Name",
        "Nom complet",
        "Nombre completo",
        "Nombre completo del usuario",
        "Nome completo",
        "Volledige naam",
        "Pełna nazwa",
        "Imię i nazwisko",
    ),
    "status": ("Status", "Statut", "Estado", "Estatus", "Stato"),
    "grade": (
        "Grade",
        "Bewertung",
        "Note",
        "Calificación",
        "Nota",
        "Avaliação",
        "Valutazione",
        "Cijfer",
        "Beoordeling",
        "Ocena",
    ),
    "maximum": (
        "Maximum grade",
        "Bestwertung",
        "Bestbewertung",
        "Note maximale",
        "Calificación máxima",
        "Nota máxima",
        "Valutazione massima",
        "Maximaal cijfer",
        "Maksymalna ocena",
    ),
    "scale": ("Scale", "Skala", "Barème", "Escala", "Scala", "Schaal"),
    "handed-in": (
        "Last modified (submission)",
        "Zuletzt geändert (Abgabe)",
        "Dernière modification (travail remis)",
        "Última modificación (entrega)",
        "Última atualização (submissão)",
        "Última modificação (envio)",
        "Ultima modifica (consegna)",
        "Laatst gewijzigd (inzending)",
        "Ostatnia modyfikacja (przesłane rozwiązanie)",
    ),
    "text": (
        "Online text",
        "Texteingabe online",
        "Onlinetext",
        "Texte en ligne",
        "Texto en línea",
        "Texto online",
        "Texto on-line",
        "Testo online",
        "Online tekst",
        "Tekst online",
    ),
    "feedback": (
        "Feedback comments",
        "Feedback als Kommentar",
        "Feedback par commentaires",
        "Comentarios de retroalimentación",
        "Comentários de feedback",
        "Commenti",
        "Feedback",
        "Komentarz zwrotny",
    ),
}
"""By the column's name here. No header means two columns."""
NOT_HANDED_IN = (
    *("No submission", "Draft", "Reopened"),
    *("Keine Abgabe", "Entwurf", "Erneut geöffnet"),
    *("Pas de travail remis", "Brouillon", "Rouvert"),
    *("Sin entrega", "No entregado", "Borrador", "Reabierto"),
    *("Não submetido", "Trabalho em curso", "Reaberto"),
    *("Nenhum envio", "Rascunho"),
    *("Consegna mancante", "Bozza", "Riaperto"),
    *("Geen ingestuurde opdracht", "Kladwerk", "Heropend"),
    *("Brak przesłanego zadania", "Wersja robocza", "Ponownie otwarte"),
)
"""How the status of work begins that a grader does not have."""
