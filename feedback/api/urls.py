"""Routes of feedback's REST endpoints."""

from __future__ import annotations

from django.urls import path

from feedback.api import (
    annotators,
    decisions,
    drafts,
    images,
    items,
    judging,
    judgments,
    kinds,
    projects,
    prompts,
    queue,
    reactions,
    repeats,
    signals,
)

urlpatterns = [
    path("kinds/", kinds.Kinds.as_view(), name="api-kinds"),
    path("kinds/<slug:name>/", kinds.KindDetail.as_view(), name="api-kind"),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", projects.ProjectDetail.as_view(), name="api-project"),
    path("projects/<slug:slug>/members/", projects.Members.as_view(), name="api-members"),
    path(
        "projects/<slug:slug>/members/<str:username>/",
        projects.Member.as_view(),
        name="api-member",
    ),
    path("projects/<slug:slug>/prompts/", prompts.Prompts.as_view(), name="api-prompts"),
    path("projects/<slug:slug>/images/", images.Images.as_view(), name="api-images"),
    path("projects/<slug:slug>/items/", items.Items.as_view(), name="api-items"),
    path("projects/<slug:slug>/shown/", reactions.ShownNew.as_view(), name="api-shown"),
    path(
        "completions/<int:pk>/shown/", reactions.ShownAgain.as_view(), name="api-completion-shown"
    ),
    path("completions/<int:pk>/thumbs/", reactions.Thumbs.as_view(), name="api-completion-thumbs"),
    path("projects/<slug:slug>/groups/", queue.Groups.as_view(), name="api-groups"),
    path("projects/<slug:slug>/groups/<int:pk>/", queue.Group.as_view(), name="api-group"),
    path(
        "projects/<slug:slug>/annotators/", annotators.Annotators.as_view(), name="api-annotators"
    ),
    path(
        "projects/<slug:slug>/annotators/<int:pk>/",
        annotators.AnnotatorDetail.as_view(),
        name="api-annotator",
    ),
    path(
        "projects/<slug:slug>/annotators/<int:pk>/return/",
        annotators.ReturnItems.as_view(),
        name="api-annotator-return",
    ),
    path("projects/<slug:slug>/signals/", signals.Signals.as_view(), name="api-signals"),
    path("projects/<slug:slug>/next/", judging.Next.as_view(), name="api-next"),
    path(
        "projects/<slug:slug>/judgments/",
        judgments.ProjectJudgments.as_view(),
        name="api-judgments",
    ),
    path("items/<int:pk>/", items.ItemDetail.as_view(), name="api-item"),
    path("items/<int:pk>/gold/", queue.ItemGold.as_view(), name="api-item-gold"),
    path("projects/<slug:slug>/review/", decisions.Review.as_view(), name="api-review"),
    path("items/<int:pk>/decisions/", decisions.Decisions.as_view(), name="api-item-decisions"),
    path(
        "items/<int:pk>/decisions/<slug:kind>/",
        decisions.DecisionDetail.as_view(),
        name="api-item-decision",
    ),
    path("items/<int:pk>/more/", decisions.OneMore.as_view(), name="api-item-more"),
    path("items/<int:pk>/repeat/", repeats.ItemRepeat.as_view(), name="api-item-repeat"),
    path("items/<int:pk>/judgments/", judgments.ItemJudgments.as_view(), name="api-item-judgments"),
    path(
        "submissions/<int:pk>/undo/",
        judgments.UndoSubmission.as_view(),
        name="api-submission-undo",
    ),
    path(
        "assignments/<int:pk>/draft/",
        drafts.AssignmentDraft.as_view(),
        name="api-assignment-draft",
    ),
    path(
        "assignments/<int:pk>/extend/",
        judging.ExtendAssignment.as_view(),
        name="api-assignment-extend",
    ),
    path(
        "assignments/<int:pk>/skip/", judging.SkipAssignment.as_view(), name="api-assignment-skip"
    ),
    path(
        "assignments/<int:pk>/release/",
        judging.ReleaseAssignment.as_view(),
        name="api-assignment-release",
    ),
]
