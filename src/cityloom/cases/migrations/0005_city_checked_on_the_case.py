"""The city of a row is checked on its case alone: every other check of it would lock the one row of the city."""

import django.db.models.deletion
from django.db import migrations, models

from cityloom.base.at_once import AtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_lists_of_the_few"),
        ("city", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AlterField(
            model_name="photo",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AlterField(
            model_name="reporter",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AlterField(
            model_name="runningclock",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
    ]
    operations = [AtOnce(operations)]
