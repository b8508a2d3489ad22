"""Lists of items: the newest of a project, however many others there are."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0005_decision")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["project", "-id"], name="item_newest"),
        ),
        migrations.AlterField(
            model_name="item",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="feedback.project",
            ),
        ),
    ]
