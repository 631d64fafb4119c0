"""The door: ``app`` for a web server; ``python app.py`` serves it here for a look."""

from clinic import create_app

app = create_app()

if __name__ == "__main__":
    app.run()
