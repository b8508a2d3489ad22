"""Signals: what models think, beside items and completions."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0007_lists_of_millions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('version', models.CharField(blank=True, max_length=100)),
                ('value', models.FloatField(blank=True, null=True)),
                ('vector', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), blank=True, null=True, size=None)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('completion', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='feedback.completion')),
                ('item', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='feedback.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('item', 'name', 'version'), name='signal_of_item'), models.UniqueConstraint(fields=('completion', 'name', 'version'), name='signal_of_completion'), models.CheckConstraint(condition=models.Q(('item__isnull', True), ('completion__isnull', True), _connector='XOR'), name='signal_is_about_one'), models.CheckConstraint(condition=models.Q(('value__isnull', True), ('vector__isnull', True), _connector='XOR'), name='signal_is_number_or_vector')],
            },
        ),
    ]
