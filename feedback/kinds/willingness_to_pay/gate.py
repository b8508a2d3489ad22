"""What an annotator passes before the first real round: the rules, questions about them, and practice."""

from __future__ import annotations

from feedback.kinds.base import Gate, Practice, Question
from feedback.kinds.willingness_to_pay.answers import WtpSettings

PRACTICE = (
    Practice(
        prompt="How do I keep fresh basil from wilting?",
        completions=(
            "Put the stems in a glass of water at room temperature, out of the sun, and change the "
            "water every two days. Not in the fridge: below 10 °C the leaves turn black.",
            "Basil is a herb that is popular in many kitchens. There are several ways to store it.",
        ),
    ),
    Practice(
        prompt="Which is heavier, a litre of water or a litre of ice?",
        completions=(
            "A litre of water: ice takes more room, so a litre of it weighs about 0.92 kg.",
            "Water. A litre of water weighs 1 kg, a litre of ice about 0.92 kg.",
        ),
    ),
)


def gate_of(settings: WtpSettings) -> Gate | None:
    """The settings' own questions and rounds, or those of the mechanism."""
    if not settings.gate:
        return None
    return Gate(
        introduction=introduction(settings),
        questions=settings.comprehension or _QUESTIONS[settings.mechanism](settings),
        practice=settings.practice or PRACTICE,
    )


def introduction(settings: WtpSettings) -> str:
    """The rules in Markdown, with the amounts that hold here."""
    return "\n\n".join((_opening(settings), _rules(settings), _payment(settings)))


def _opening(settings: WtpSettings) -> str:
    money, top = settings.money(settings.endowment), settings.money(settings.ceiling)
    return (
        "You will see a question with two answers. First say **which answer you prefer**. Then say "
        f"**what it is worth to you** to have that one instead of the other. In every round you "
        f"begin with **{money}**, and you can give up at most {top} of it. What you do not spend you keep."
    )


def _rules(settings: WtpSettings) -> str:
    step, top = settings.money(settings.step), settings.money(settings.ceiling)
    if settings.mechanism == "bdm":
        return (
            "You say the most that you would pay. Then a price is drawn, every amount from 0 to "
            f"{top} in steps of {step} being equally likely. If the price is **not above** your "
            "amount, you pay *the price* (not your amount) and get the answer that you prefer. If "
            "it is above, you pay nothing and get the other answer. Your amount never changes the "
            "price, so the best you can do is to say what it is really worth to you."
        )
    if settings.mechanism == "price_list":
        return (
            "You see a list of prices. At each one you say whether you would pay it to get the "
            "answer that you prefer, or keep the money and get the other answer. Any of the prices "
            "may be the one that counts, so decide each one as if it were the only one."
        )
    return (
        f"You say the most that you would pay, in steps of {step}: the amount at which you would no "
        "longer mind whether you had your preferred answer, or the other one and the money."
    )


def _payment(settings: WtpSettings) -> str:
    if not settings.paid:
        return "**This is hypothetical: no money is paid.** Please answer as you would if it were real."
    drawn = " and one price of its list" if settings.mechanism == "price_list" else ""
    return (
        f"**This is real money.** When your session ends, one of its rounds{drawn} is drawn at "
        "random. That round is paid: you keep what is left of its endowment, and the answer that "
        "you got in it is shown to you in full. The draws can be checked afterwards."
    )


def _bdm(settings: WtpSettings) -> tuple[Question, ...]:
    said, lower = (
        settings.step * max(1, settings.steps * 3 // 5),
        settings.step * (settings.steps * 2 // 5),
    )
    money, left = settings.money, settings.money(settings.endowment - lower)
    return (
        Question(
            text=f"You say {money(said)}. The price drawn is {money(lower)}. What happens?",
            options=(
                f"I pay {money(said)} and get the answer I prefer.",
                f"I pay {money(lower)}, keep {left}, and get the answer I prefer.",
                "I pay nothing and get the other answer.",
            ),
            correct=1,
            why="The price is not above your amount, so you buy, and you pay the price, not your amount.",
        ),
        Question(
            text=f"You say {money(said)}. The price drawn is {money(settings.ceiling)}. What happens?",
            options=(
                f"I pay {money(said)} and get the answer I prefer.",
                f"I pay {money(settings.ceiling)} and get the answer I prefer.",
                f"I pay nothing, keep {money(settings.endowment)}, and get the other answer.",
            ),
            correct=2,
            why="The price is above your amount, so you do not buy: you keep the whole endowment.",
        ),
        Question(
            text="What is best for you to say?",
            options=(
                "Less than it is worth to me, to get a better price.",
                "Exactly what it is worth to me.",
                "As much as possible, to be sure to get it.",
            ),
            correct=1,
            why="Your amount does not change the price. Saying less can lose you a good price; saying "
            "more can make you pay more than it is worth to you.",
        ),
    )


def _price_list(settings: WtpSettings) -> tuple[Question, ...]:
    low, high = settings.money(settings.price_grid[0]), settings.money(settings.price_grid[-1])
    left = settings.money(settings.endowment - settings.price_grid[0])
    return (
        Question(
            text=f"The price that counts is {low}, and you said yes to it. What happens?",
            options=(
                f"I pay {low}, keep {left}, and get the answer I prefer.",
                "I pay nothing and get the other answer.",
                "I pay all the prices that I said yes to.",
            ),
            correct=0,
            why="Only one price counts, and at that price what you said is done.",
        ),
        Question(
            text=f"Somebody says no to {low} and yes to {high}. Does that make sense?",
            options=(
                "Yes, why not.",
                "No: who pays the higher price would gladly pay the lower one.",
            ),
            correct=1,
            why="Going up the list there is one place where you switch from yes to no.",
        ),
    )


def _open(settings: WtpSettings) -> tuple[Question, ...]:
    return (
        Question(
            text="Both answers are equally good to you. What do you say?",
            options=(
                "That they are equal; the amount is 0.",
                f"The highest amount, {settings.money(settings.ceiling)}.",
                "Any small amount.",
            ),
            correct=0,
            why="The amount is what the better answer is worth to you beyond the other one.",
        ),
        Question(
            text=f"To have the better answer you would give up "
            f"{settings.money(settings.step)} but not {settings.money(settings.step * 2)}. What do you say?",
            options=(
                settings.money(settings.step),
                settings.money(settings.step * 2),
                settings.money(settings.endowment),
            ),
            correct=0,
            why="It is the most that you would give up, not what the answer costs or deserves.",
        ),
    )


_QUESTIONS = {"bdm": _bdm, "price_list": _price_list, "open": _open}
