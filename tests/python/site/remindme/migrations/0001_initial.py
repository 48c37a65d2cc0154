from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("SignUp", [
            ("id", models.AutoField(primary_key=True, serialize=False)),
            ("email", models.EmailField(max_length=254)),
            ("token", models.CharField(max_length=64)),
            ("confirmed", models.BooleanField(default=False)),
        ]),
        migrations.CreateModel("Reminder", [
            ("id", models.AutoField(primary_key=True, serialize=False)),
            ("email", models.EmailField(max_length=254)),
            ("text", models.TextField()),
            ("due", models.DateTimeField()),
            ("sent", models.BooleanField(default=False)),
        ]),
    ]
