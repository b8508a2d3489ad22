"""Routes of feedback's pages."""

from __future__ import annotations

from django.urls import path

from feedback.views import (
    account,
    annotators,
    changes,
    gates,
    gold,
    images,
    items,
    judging,
    leases,
    members,
    projects,
    records,
    repeats,
    review,
)

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("account/keys/", account.account_keys, name="account_keys"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<slug:slug>/settings/", projects.project_settings, name="project_settings"),
    path("projects/<slug:slug>/members/", members.members, name="project_members"),
    path("projects/<slug:slug>/members/remove/", members.member_remove, name="member_remove"),
    path("projects/<slug:slug>/annotators/", annotators.annotators, name="annotators"),
    path(
        "projects/<slug:slug>/annotators/<int:pk>/change/",
        annotators.annotator_change,
        name="annotator_change",
    ),
    path("projects/<slug:slug>/groups/", annotators.group_save, name="group_save"),
    path("projects/<slug:slug>/judge/", judging.judge, name="judge"),
    path("projects/<slug:slug>/judge/next/", judging.judge_next, name="judge_next"),
    path("projects/<slug:slug>/judge/progress/", judging.judge_progress, name="judge_progress"),
    path("projects/<slug:slug>/judge/last/", changes.judge_last, name="judge_last"),
    path("projects/<slug:slug>/judge/last/undo/", changes.judge_undo, name="judge_undo"),
    path("projects/<slug:slug>/judge/<int:pk>/skip/", leases.judge_skip, name="judge_skip"),
    path(
        "projects/<slug:slug>/judge/<int:pk>/heartbeat/",
        leases.judge_heartbeat,
        name="judge_heartbeat",
    ),
    path(
        "projects/<slug:slug>/judge/<int:pk>/release/", leases.judge_release, name="judge_release"
    ),
    path("projects/<slug:slug>/judge/<int:pk>/draft/", leases.judge_draft, name="judge_draft"),
    path("projects/<slug:slug>/gate/<int:pk>/", gates.gate, name="gate"),
    path("projects/<slug:slug>/session/<slug:kind>/", records.kind_session, name="kind_session"),
    path("projects/<slug:slug>/report/<slug:kind>/", records.kind_report, name="kind_report"),
    path("projects/<slug:slug>/review/", review.review, name="review"),
    path("projects/<slug:slug>/review/<int:pk>/", review.review_item, name="review_item"),
    path(
        "projects/<slug:slug>/review/<int:pk>/<slug:kind>/", review.review_anew, name="review_anew"
    ),
    path("projects/<slug:slug>/images/", images.images, name="images"),
    path("projects/<slug:slug>/images/<slug:digest>/", images.image, name="image"),
    path("projects/<slug:slug>/items/", items.items, name="items"),
    path("projects/<slug:slug>/items/<int:pk>/", items.item, name="item"),
    path("projects/<slug:slug>/items/<int:pk>/repeat/", repeats.item_repeat, name="item_repeat"),
    path("projects/<slug:slug>/items/<int:pk>/gold/", gold.item_gold, name="item_gold"),
    path(
        "projects/<slug:slug>/items/<int:pk>/gold/<slug:kind>/",
        gold.item_gold_anew,
        name="item_gold_anew",
    ),
    path("projects/<slug:slug>/items/<int:pk>/for/", gold.item_for, name="item_for"),
    path("projects/<slug:slug>/items/<int:pk>/example/", items.example, name="example"),
]
