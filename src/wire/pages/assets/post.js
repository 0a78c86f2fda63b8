// Posts the form of a page that has one alone. Without scripts its button does.

document.forms[0].submit();
